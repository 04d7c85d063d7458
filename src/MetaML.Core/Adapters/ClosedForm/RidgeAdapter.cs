using MetaML.Parameters;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Ridge regression on the support embeddings towards a meta-learned head, with meta-learned penalties: see <see cref="ClosedFormAdapter"/> with b = (λ^−½, …, λ^−½, λ₀^−½).</summary>
/// <remarks>
/// Meta-learned: the penalty λ on slopes and λ₀ on the intercept, the scale α (classes), and V₀. Source: Bertinetto et al.,
/// Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136; the learned V₀ and the separate
/// penalty on the intercept are additions.
/// </remarks>
internal sealed class RidgeAdapter : ClosedFormAdapter
{
    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">Initial value of the penalty.</param>
    public RidgeAdapter(HeadShape shape, RidgeAdapterOptions options)
        : base(shape, LearnedPenalty.Specs(options.InitialPenalty), isTrained: true)
    {
    }

    private protected override Tensor PriorScale(ParameterSet learned) => LearnedPenalty.PriorScale(learned, Shape.EmbeddingDimension);

    private protected override float[] PriorScale(IReadOnlyList<float[]> parameters) => LearnedPenalty.PriorScale(parameters, Shape.EmbeddingDimension);

    private protected override void ScalePrior(float[][] parameters, double factor)
    {
        parameters[0][0] -= (float)(2 * Math.Log(factor));
        parameters[1][0] -= (float)(2 * Math.Log(factor));
    }
}
