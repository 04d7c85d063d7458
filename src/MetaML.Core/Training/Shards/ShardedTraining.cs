using MetaML.Adapters.Bayesian;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Checkpoints;
using MetaML.Training.Loop;
using static TorchSharp.torch;

namespace MetaML.Training.Shards;

/// <summary>Trains the encoder and the adapter of a model by the gradients of shards.</summary>
internal static class ShardedTraining
{
    /// <summary>Checks that gradients of shards are all that the model needs, but for a prior that sums over tasks give.</summary>
    /// <returns>Whether the prior of the adapter is learned afterwards, from sums over all tasks.</returns>
    /// <exception cref="ArgumentException">Nothing of the model is trained by gradients, or a part of it is set otherwise.</exception>
    public static bool NeedsPrior(MetaModel model)
    {
        if (!Sets(model).SelectMany(set => set.Specs).Any(spec => spec.IsTrained))
            throw new ArgumentException($"The model must have an encoder or an adapter that is trained by gradients; got {model.EncoderOptions.GetType().Name} and {model.AdapterOptions.GetType().Name}, which have no such values. There is nothing to train. Learn the prior alone.");
        if (model.Design.Adapter is IPopulationAdapter)
            return model.PriorLearner.IsCompleted;
        if (model.Design.Adapter.Parameters.FirstOrDefault(spec => !spec.IsTrained) is { } spec)
            throw new ArgumentException($"All values of the adapter must be trained by gradients, or be a prior that sums over tasks determine; got {model.AdapterOptions.GetType().Name}, whose '{spec.Name}' is set from the rows of all tasks after the training. Rows stay where they are. Train the model in one process, or use another adapter.");
        return false;
    }

    /// <summary>Trains a model.</summary>
    /// <param name="model">The model. The training starts from its parameters.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="differentiate">The answers of all shards to <see cref="GradientShard.Differentiate"/>, in their order.</param>
    /// <param name="validate">The answers of all shards to <see cref="GradientShard.Validate"/>, in their order.</param>
    /// <param name="checkpoint">The checkpoint of the training; null for none. If it has a state, the training continues from it.</param>
    /// <returns>The model with the parameters of the best validation loss, without calibration.</returns>
    /// <exception cref="InvalidOperationException">The loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token of the options was cancelled.</exception>
    public static MetaModel Train(
        MetaModel model, MetaTrainingOptions options, Func<float[], int, double, IReadOnlyList<ShardGradient>> differentiate, Func<float[], IReadOnlyList<ShardValidation>> validate, CheckpointStage? checkpoint)
    {
        TorchRuntime.EnsureLoaded();
        var run = new TrainingRun(null, null, new TrainingStop(options), null);
        ShardedGradients? source = null;
        using var loop = new OuterLoop(Sets(model), parameters => source = new ShardedGradients(parameters, differentiate, validate), options, CPU);
        var (encoder, adapters) = loop.Run(run, checkpoint);
        return model.WithParameters(encoder, adapters[0], new TrainingSummary
        {
            Version = LibraryVersion.Current,
            TaskCount = source!.Tasks,
            RowCount = source.Rows,
            Iterations = loop.Outcome.Iterations,
            BestIteration = loop.Outcome.BestIteration,
            ValidationLoss = loop.Outcome.ValidationLoss,
            ValidationEpisodes = loop.Outcome.ValidationEpisodes,
            Reasons = run.Reasons,
        });
    }

    private static (IReadOnlyList<ParameterSpec> Specs, ParameterArray[] Values)[] Sets(MetaModel model) =>
        [(model.Design.Encoder.Parameters, [.. model.EncoderValues]), (model.Design.Adapter.Parameters, [.. model.AdapterValues])];
}
