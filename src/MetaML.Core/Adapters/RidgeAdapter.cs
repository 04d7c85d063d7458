using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>Ridge regression on the support embeddings towards a meta-learned head, with meta-learned penalties: see <see cref="ClosedFormAdapter"/> with b = (λ^−½, …, λ^−½, λ₀^−½).</summary>
/// <remarks>
/// Meta-learned: the penalty λ on slopes and λ₀ on the intercept, the scale α (classes), and V₀. Source: Bertinetto et al.,
/// Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136; the learned V₀ and the intercept's own
/// penalty are additions.
/// </remarks>
public sealed class RidgeAdapter : ClosedFormAdapter
{
    private const string Penalty = "log_penalty";
    private const string InterceptPenalty = "log_intercept_penalty";

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">First value of the penalty.</param>
    public RidgeAdapter(HeadShape shape, RidgeAdapterOptions options)
        : base(shape, [First(Penalty, options), First(InterceptPenalty, options)], isTrained: true)
    {
    }

    private protected override Tensor Spread(ParameterSet learned) =>
        cat([learned[Penalty].Times(-0.5).exp().expand(Shape.EmbeddingDimension), learned[InterceptPenalty].Times(-0.5).exp().reshape(1)], 0);

    private protected override float[] Spread(IReadOnlyList<float[]> parameters)
    {
        var spread = new float[Shape.EmbeddingDimension + 1];
        Array.Fill(spread, MathF.Exp(-0.5f * parameters[0][0]));
        spread[^1] = MathF.Exp(-0.5f * parameters[1][0]);
        return spread;
    }

    private protected override void ScaleSpread(float[][] parameters, double factor)
    {
        parameters[0][0] -= (float)(2 * Math.Log(factor));
        parameters[1][0] -= (float)(2 * Math.Log(factor));
    }

    private static ParameterSpec First(string name, RidgeAdapterOptions options) =>
        ParameterSpec.Constant(name, (float)Math.Log(options.InitialPenalty)) with { LearningRateFactor = 10 };
}
