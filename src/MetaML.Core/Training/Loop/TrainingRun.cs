using MetaML.Adapters;
using MetaML.Training.Checkpoints;

namespace MetaML.Training.Loop;

/// <summary>The state that all loops of one training share.</summary>
/// <param name="Log">Receives each choice and its reason; may be null.</param>
/// <param name="Warn">Receives warnings; may be null.</param>
/// <param name="Stop">The limits that can end the training early.</param>
/// <param name="Checkpoint">The checkpoint of the training, or null.</param>
internal sealed record TrainingRun(Action<string>? Log, Action<string>? Warn, TrainingStop Stop, TrainingCheckpoint? Checkpoint)
{
    private readonly List<string> _reasons = []; // copies share the list

    /// <summary>The name and the validation loss of the best simpler learner; null if there is none. A candidate that does not reach this loss stops earlier.</summary>
    public (string Name, Lazy<double> Loss)? ToBeat { get; init; }

    /// <summary>The choices so far, with their reasons.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>The learners that were compared; none if there was only one.</summary>
    public IReadOnlyList<LearnerCandidate> Candidates { get; init; } = [];

    /// <summary>Logs a choice with its reason, and stores it for the model.</summary>
    public void Decide(string reason)
    {
        if (!_reasons.Contains(reason)) // several candidates can make the same choice
            _reasons.Add(reason);
        Log?.Invoke(reason);
    }

    /// <summary>The limits of a prior that is completed after the outer loop; warns once if the time ends it.</summary>
    /// <param name="options">The options of the training.</param>
    /// <exception cref="OperationCanceledException">The limits throw it if the training was cancelled and KeepBestWhenCancelled is not set.</exception>
    public PriorLimits PriorLimits(MetaTrainingOptions options)
    {
        bool isWarned = false;
        return new PriorLimits(options.MaximumNumberOfIterations > 0 ? options.MaximumNumberOfIterations : int.MaxValue, () =>
        {
            if (!Stop.EndsNow())
                return false;
            if (!isWarned)
                Warn?.Invoke($"The prior of the linear learner is the best so far, not the most likely one: {Stop.Reason}. Predictions may be less precise. Raise MaximumTrainingTime, or set fewer features.");
            isWarned = true;
            return true;
        });
    }
}
