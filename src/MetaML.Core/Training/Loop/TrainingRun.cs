using MetaML.Adapters;
using MetaML.Training.Checkpoints;

namespace MetaML.Training.Loop;

/// <summary>What all the loops of one training have in common.</summary>
/// <param name="Log">Told what was decided and why; may be null.</param>
/// <param name="Warn">Told of what is left out, or went wrong without harm; may be null.</param>
/// <param name="Stop">When training is to end before its time.</param>
/// <param name="Checkpoint">Where it is kept; null where it is not.</param>
internal sealed record TrainingRun(Action<string>? Log, Action<string>? Warn, TrainingStop Stop, TrainingCheckpoint? Checkpoint)
{
    private readonly List<string> _reasons = []; // one list, also of copies

    /// <summary>The name and the validation loss of the best simpler learner; null if there is none. A candidate that does not reach this loss stops earlier.</summary>
    public (string Name, double Loss)? ToBeat { get; init; }

    /// <summary>What was decided so far, and why.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Logs a decision with its reason, and keeps it for the model.</summary>
    public void Decide(string reason)
    {
        if (!_reasons.Contains(reason)) // candidates decide alike
            _reasons.Add(reason);
        Log?.Invoke(reason);
    }

    /// <summary>The limits of a prior that is completed after the outer loop; warns once if the time ends it.</summary>
    /// <param name="options">Of the training.</param>
    /// <exception cref="OperationCanceledException">Thrown by the limits if the training was cancelled and the best so far is not asked for.</exception>
    public PriorLimits PriorLimits(MetaTrainingOptions options)
    {
        bool isWarned = false;
        return new PriorLimits(options.MaximumNumberOfIterations > 0 ? options.MaximumNumberOfIterations : int.MaxValue, () =>
        {
            if (Stop.Reason is not { } reason)
                return false;
            Stop.ThrowUnlessBestIsKept();
            if (!isWarned)
                Warn?.Invoke($"The prior of the linear learner is the best so far, not the most likely one: {reason}. Predictions may be less precise. Raise MaximumTrainingTime, or set fewer features.");
            isWarned = true;
            return true;
        });
    }
}
