namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on encoder and head: φ ← φ − αₛ ∇L_support(φ), from meta-learned φ₀ = θ.</summary>
/// <remarks>
/// Source: Finn et al., Model-Agnostic Meta-Learning (MAML), 2017, arXiv 1703.03400. With rates per step, multi-step loss and
/// a first-order beginning it is MAML++ (Antoniou et al., 2019, arXiv 1810.09502), with a rate for each parameter Meta-SGD (Li
/// et al., 2017, arXiv 1707.09835), with <see cref="GradientAdapterOptions.Reptile"/> Reptile (Nichol et al., 2018, arXiv
/// 1803.02999), whose outer gradient is the mean of θ − φ. Deviations: Meta-SGD's rates start alike, at the inner learning
/// rate; Reptile's inner steps each see the whole support, and its outer steps go through the same optimiser as all others.
/// See also <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class FullGradientAdapter : EncoderGradientAdapter
{
    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind; the encoder's parameters must be given.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    public FullGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, shape.EncoderParameters, stepsHead: true)
    {
    }
}
