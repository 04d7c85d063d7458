using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>The first half of joint training: the outer loop trains an encoder with a head for each training task. Both halves hold out the same data.</summary>
internal static class JointTraining
{
    /// <summary>Trains the encoder, and returns options that train the adapter on it. Returns the options unchanged if their objective is not joint training.</summary>
    /// <param name="problems">Problems on one feature store.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="run">The run of the whole training. The first half may take half of its time.</param>
    public static MetaTrainingOptions Pretrain(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run)
    {
        if (options.Objective != TrainingObjective.Joint)
            return options;
        MetaTrainingOptions meta = options with { Objective = TrainingObjective.Meta, AdapterIterations = null, Adapter = options.Adapter ?? LearnerCandidates.AdapterOn(options.Encoder, problems, run.Decide) };
        MetaTrainingOptions joint = meta with { Adapter = new JointAdapterOptions(problems, meta.Adapter!), Progress = new JointProgress(options.Progress) };
        run.Log?.Invoke("Joint training of the encoder, with a head for each training task:");
        var encoder = new PretrainedEncoderOptions { Model = MetaTrainer.Learn(problems, joint, run with { Warn = null, Stop = run.Stop.Begin(0.5) })[0], IsFrozen = true };
        run.Log?.Invoke("Training of the adapter on the trained encoder:");
        return meta with { Encoder = encoder, MaximumNumberOfIterations = options.AdapterIterations ?? options.MaximumNumberOfIterations };
    }

    private sealed class JointProgress(IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => next?.Report(value with { Objective = TrainingObjective.Joint });
    }
}
