using MetaML.Options;

namespace MetaML;

/// <summary>Options of the adaptation of a trained model to tasks.</summary>
/// <example>
/// <code>
/// // The new task has many rows: refine its head on all of them.
/// ITransformer adapted = ml.MetaLearning().Adapt(model, supportRows, new AdaptationOptions { RefinementSteps = 20 });
/// </code>
/// </example>
public sealed record AdaptationOptions
{
    /// <summary>The largest number of Newton steps that refine each adapted head on all rows of the task. The steps end earlier at the minimum.</summary>
    /// <value>At least 0; default 0, for no refinement. Usually, 20 steps reach the minimum.</value>
    /// <remarks>
    /// An adapter is trained for tasks with few rows. If a task has many rows, refinement moves the adapted head C towards the fit
    /// of the rows: W = argmin Σᵢ sᵢ ℓ(yᵢ, z̃ᵢW) + ½ Σⱼ λⱼ‖Wⱼ − Cⱼ‖², with ℓ the cross-entropy or half the squared error (of
    /// standardised labels). Refinement works with every adapter and needs no native torch library.
    /// </remarks>
    public int RefinementSteps { get; set; }

    /// <summary>The weight of the adapted head in the refinement, as a number of rows. With far fewer rows the head hardly changes; with far more rows it has little influence.</summary>
    /// <value>Positive; default 100. λ of the intercept is this number; λ of slopes is this number times the mean square of the embedding's values.</value>
    public double RefinementPriorRows { get; set; } = 100;

    /// <summary>The prior for a new task, made from the training tasks that are related to it.</summary>
    /// <value>A prior learned from the model's training tasks; null (default) for the model's own prior.</value>
    public RelatedPrior? RelatedPrior { get; set; }

    /// <summary>Whether tasks keep statistics if the model keeps them.</summary>
    internal bool KeepsStatistics { get; init; } = true;

    internal void Validate()
    {
        OptionCheck.AtLeast<int>(this, nameof(RefinementSteps), RefinementSteps, 0);
        OptionCheck.Positive(this, nameof(RefinementPriorRows), RefinementPriorRows);
    }
}
