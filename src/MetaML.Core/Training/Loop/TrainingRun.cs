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

    /// <summary>What was decided so far, and why.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Logs a decision with its reason, and keeps it for the model.</summary>
    public void Decide(string reason)
    {
        if (!_reasons.Contains(reason)) // candidates decide alike
            _reasons.Add(reason);
        Log?.Invoke(reason);
    }
}
