using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Trainers.FastTree;
using static MetaML.Tool.Columns.CSharpText;

namespace MetaML.Tool.Learning;

/// <summary>The pipeline of a plan: features, and the trainer that learns across tasks.</summary>
internal static class Learner
{
    private const int MostFeaturesOfDefault = 200, MostFeaturesOfLinear = 500;
    private const int RowsOfLeaf = 5; // fewer than ML.NET's 10, since tasks are small

    /// <summary>The pipeline from the table to the prediction.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="options">The options of the trainer, without columns.</param>
    /// <param name="usesTrees">Whether the score of trees that are trained on all tasks is one more feature.</param>
    public static IEstimator<ITransformer> Pipeline(MLContext ml, TablePlan plan, MetaLearnerOptions options, bool usesTrees)
    {
        var features = new FeatureSteps(ml, plan);
        if (IsLinear(features))
            options = options with { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() };
        IEstimator<ITransformer> inputs = Features(ml, plan, features);
        foreach (PipelineStep step in usesTrees ? TreeSteps(ml, plan, features, options.Seed ?? 0) : [])
            inputs = inputs.Append(step.Estimator);
        return inputs.Append(Trainer(ml, plan, options with { LabelColumnName = plan.LabelColumn, TaskColumnName = plan.TaskColumn, FeatureColumnName = features.FeaturesName }));
    }

    /// <summary>The steps before the trainer: those of the features, and the keys of classes.</summary>
    public static IEstimator<ITransformer> Features(MLContext ml, TablePlan plan, FeatureSteps features) =>
        plan.LabelKind == LabelKind.Multiclass ? features.Estimator.Append(ml.Transforms.Conversion.MapValueToKey(plan.LabelColumn)) : features.Estimator;

    /// <summary>The C# of <see cref="Pipeline"/>, a line for each step.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="usesTrees">As of <see cref="Pipeline"/>.</param>
    public static string Code(MLContext ml, TablePlan plan, int seed, bool usesTrees)
    {
        var features = new FeatureSteps(ml, plan);
        string catalog = plan.LabelKind switch { LabelKind.Binary => "BinaryClassification", LabelKind.Multiclass => "MulticlassClassification", _ => "Regression" };
        string learner = IsLinear(features) ? "Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), " : "";
        string featureColumn = features.FeaturesName == "Features" ? "" : $"FeatureColumnName = {Literal(features.FeaturesName)}, ";
        IEnumerable<string> steps =
        [
            .. features.Steps.Select(step => step.Code),
            .. plan.LabelKind == LabelKind.Multiclass ? [$"ml.Transforms.Conversion.MapValueToKey({Literal(plan.LabelColumn)})"] : Array.Empty<string>(),
            .. (usesTrees ? TreeSteps(ml, plan, features, seed) : []).Select(step => step.Code),
            $"ml.{catalog}.Trainers.MetaLearner(new MetaLearnerOptions {{ LabelColumnName = {Literal(plan.LabelColumn)}, TaskColumnName = {Literal(plan.TaskColumn)}, {featureColumn}{learner}Seed = {seed} }})",
        ];
        return string.Join("\n", steps.Select((step, i) => i == 0 ? step : $"    .Append({step})"));
    }

    /// <summary>The trainer of trees on all rows together.</summary>
    public static IEstimator<ITransformer> Trees(MLContext ml, TablePlan plan, string featuresName)
    {
        var binary = new FastTreeBinaryTrainer.Options { LabelColumnName = plan.LabelColumn, FeatureColumnName = featuresName, NumberOfThreads = 1, MinimumExampleCountPerLeaf = RowsOfLeaf };
        return plan.LabelKind switch
        {
            LabelKind.Binary => ml.BinaryClassification.Trainers.FastTree(binary),
            LabelKind.Multiclass => ml.MulticlassClassification.Trainers.OneVersusAll<CalibratedModelParametersBase<FastTreeBinaryModelParameters, PlattCalibrator>>(ml.BinaryClassification.Trainers.FastTree(binary), plan.LabelColumn),
            _ => ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { LabelColumnName = plan.LabelColumn, FeatureColumnName = featuresName, NumberOfThreads = 1, MinimumExampleCountPerLeaf = RowsOfLeaf }),
        };
    }

    private static PipelineStep[] TreeSteps(MLContext ml, TablePlan plan, FeatureSteps features, int seed)
    {
        (string catalog, string options) = plan.LabelKind switch
        {
            LabelKind.Binary => ("BinaryClassification", nameof(FastTreeBinaryTrainer)),
            LabelKind.Regression => ("Regression", nameof(FastTreeRegressionTrainer)),
            _ => throw new ToolException($"--trees must be used with a label of two values, or of numbers; '{plan.LabelColumn}' has classes. Leave it out."),
        };
        string name = features.TreesName, all = features.FeaturesName;
        string trees = $"ml.{catalog}.Trainers.FastTree(new {options}.Options {{ LabelColumnName = {Literal(plan.LabelColumn)}, FeatureColumnName = {Literal(all)}, NumberOfThreads = 1, MinimumExampleCountPerLeaf = {RowsOfLeaf} }})";
        return
        [
            new(ml.MetaLearning().PooledScore(Trees(ml, plan, all), name, plan.TaskColumn, seed: seed), $"ml.MetaLearning().PooledScore({trees}, {Literal(name)}, {Literal(plan.TaskColumn)}, seed: {seed})"),
            new(ml.Transforms.Concatenate(all, all, name), $"ml.Transforms.Concatenate({Literal(all)}, {Literal(all)}, {Literal(name)})"),
        ];
    }

    // With more features, the pack's default is a network. Where none can be trained, a linear learner is better than an error, as long as it takes minutes and not hours.
    private static bool IsLinear(FeatureSteps features)
    {
        if (features.FeatureCount <= MostFeaturesOfDefault || features.IsSparse || TorchLibrary.IsPresent)
            return false;
        if (features.FeatureCount > MostFeaturesOfLinear)
            throw new ToolException($"The columns must give at most {MostFeaturesOfLinear} features where networks cannot be trained; they give up to {features.FeatureCount:N0}. Set {TorchLibrary.Variable} to the folder of libtorch, or leave columns out with --ignore.");
        return true;
    }

    private static MetaLearnerTrainer Trainer(MLContext ml, TablePlan plan, MetaLearnerOptions options) => plan.LabelKind switch
    {
        LabelKind.Binary => ml.BinaryClassification.Trainers.MetaLearner(options),
        LabelKind.Multiclass => ml.MulticlassClassification.Trainers.MetaLearner(options),
        _ => ml.Regression.Trainers.MetaLearner(options),
    };
}
