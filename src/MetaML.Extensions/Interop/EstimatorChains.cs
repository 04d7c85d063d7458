using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace MetaML.Extensions.Interop;

/// <summary>The steps of pipelines that are not fitted yet.</summary>
internal static class EstimatorChains
{
    /// <summary>The steps of a pipeline, with the steps of chains inside it; the estimator itself if it is not a chain.</summary>
    public static IReadOnlyList<IEstimator<ITransformer>> Steps(IEstimator<ITransformer> estimator) => IsOf(estimator.GetType(), typeof(EstimatorChain<>))
        && estimator.GetType().GetField("_estimators", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(estimator) is IEstimator<ITransformer>[] steps
            ? [.. steps.SelectMany(Steps)]
            : [estimator];

    /// <summary>Whether an estimator is one of ML.NET's trainers.</summary>
    public static bool IsTrainer(IEstimator<ITransformer> estimator) => estimator.GetType().GetInterfaces().Any(type => IsOf(type, typeof(ITrainerEstimator<,>)));

    /// <summary>The label column of one of ML.NET's trainers; null if it does not have one.</summary>
    public static string? LabelOf(IEstimator<ITransformer> trainer) => trainer.GetType().GetField("LabelColumn")?.GetValue(trainer) is SchemaShape.Column { Name: { Length: > 0 } name } ? name : null;

    private static bool IsOf(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
