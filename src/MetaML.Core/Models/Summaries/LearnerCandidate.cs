namespace MetaML;

/// <summary>A learner that was compared with others because neither encoder nor adapter was set.</summary>
/// <param name="Name">The encoder and the adapter.</param>
/// <param name="Loss">The mean loss on held-out data, as <see cref="TrainingSummary.ValidationLoss"/>. A learner that was clearly worse or clearly better has it for fewer tasks than the others.</param>
/// <param name="IsChosen">Whether the model is this learner.</param>
public sealed record LearnerCandidate(string Name, double Loss, bool IsChosen);
