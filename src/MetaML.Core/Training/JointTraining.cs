using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>The first half of joint training: an encoder with a head for each training task, by the same loop; what is held out is held out of both halves.</summary>
internal static class JointTraining
{
    /// <summary>Options that train the adapter on a jointly trained encoder; the options themselves where that is not asked for.</summary>
    /// <param name="problems">On one feature store.</param>
    /// <param name="options">Validated.</param>
    /// <param name="run">Of the whole training, half of whose time this half may take.</param>
    public static MetaTrainingOptions Pretrain(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run)
    {
        if (options.Objective != TrainingObjective.Joint)
            return options;
        MetaTrainingOptions meta = options with { Objective = TrainingObjective.Meta, AdapterIterations = null, Adapter = options.Adapter ?? LearnerChoice.AdapterOn(options.Encoder, problems, run.Decide) };
        MetaTrainingOptions joint = meta with { Adapter = new JointAdapterOptions(problems, meta.Adapter!), Progress = new JointProgress(options.Progress) };
        run.Log?.Invoke("Joint training of the encoder, with a head for each training task:");
        var encoder = new PretrainedEncoderOptions { Model = MetaTrainer.Learn(problems, joint, run with { Warn = null, Stop = run.Stop.Begin(0.5) })[0], IsFrozen = true };
        run.Log?.Invoke("The adapter, on the encoder as it is now:");
        return meta with { Encoder = encoder, MaximumNumberOfIterations = options.AdapterIterations ?? options.MaximumNumberOfIterations };
    }

    private sealed class JointProgress(IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => next?.Report(value with { Objective = TrainingObjective.Joint });
    }
}
