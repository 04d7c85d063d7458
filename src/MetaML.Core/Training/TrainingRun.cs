using MetaML.Checkpoints;

namespace MetaML.Training;

/// <summary>What all the loops of one training have in common.</summary>
/// <param name="Log">Told what was decided and why; may be null.</param>
/// <param name="Warn">Told of what is left out, or went wrong without harm; may be null.</param>
/// <param name="Stop">When training is to end before its time.</param>
/// <param name="Checkpoint">Where it is kept; null where it is not.</param>
internal sealed record TrainingRun(Action<string>? Log, Action<string>? Warn, TrainingStop Stop, TrainingCheckpoint? Checkpoint);
