using MetaML.Relatedness;

namespace MetaML.Scoring;

/// <summary>How new tasks are adapted to.</summary>
public sealed record AdaptationOptions
{
    /// <summary>Start from the training tasks that are related to the new one rather than from what all of them have in common.</summary>
    /// <value>Learned from the model's training tasks; null (default) for the meta-prior as it is.</value>
    public RelatedPrior? RelatedPrior { get; set; }
}
