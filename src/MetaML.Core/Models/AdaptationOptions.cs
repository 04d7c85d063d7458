using MetaML.Options;

namespace MetaML;

/// <summary>How a trained model is adapted to tasks.</summary>
public sealed record AdaptationOptions
{
    /// <summary>The largest number of Newton's steps by which each adapted head is refined on all the task's rows; they end before that at the minimum.</summary>
    /// <value>At least 0; default 0: the head stays as the adapter made it. 20 reach the minimum as a rule.</value>
    /// <remarks>
    /// An adapter expects tasks like those that it was trained on, with few rows. With many, refinement goes from its head C
    /// towards what the rows alone say: W = argmin Σᵢ sᵢ ℓ(yᵢ, z̃ᵢW) + ½ Σⱼ λⱼ‖Wⱼ − Cⱼ‖², with ℓ the cross-entropy or half the
    /// squared error (of standardised values). For every adapter, and without the native torch library.
    /// </remarks>
    public int RefinementSteps { get; set; }

    /// <summary>How many rows the adapted head counts for in the refinement: with far fewer it hardly changes, with far more it gives way.</summary>
    /// <value>Positive; default 100. λ is this number, for slopes times the mean square of the embedding's values.</value>
    public double RefinementPriorRows { get; set; } = 100;

    /// <summary>Start from the training tasks that are related to the new one rather than from what all of them have in common.</summary>
    /// <value>Learned from the model's training tasks; null (default) for the meta-prior as it is.</value>
    public RelatedPrior? RelatedPrior { get; set; }

    internal void Validate()
    {
        OptionCheck.AtLeast<int>(this, nameof(RefinementSteps), RefinementSteps, 0);
        OptionCheck.Positive(this, nameof(RefinementPriorRows), RefinementPriorRows);
    }
}
