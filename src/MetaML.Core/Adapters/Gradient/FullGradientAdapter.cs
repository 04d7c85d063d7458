namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on encoder and head: φ ← φ − αₛ ∇L_support(φ), from meta-learned φ₀ = θ.</summary>
/// <remarks>
/// Source: Finn et al., Model-Agnostic Meta-Learning (MAML), 2017, arXiv 1703.03400. With rates per step, multi-step loss and a
/// first-order start it is MAML++ (Antoniou et al., 2019, arXiv 1810.09502). With a rate for each parameter it is Meta-SGD (Li et
/// al., 2017, arXiv 1707.09835). With <see cref="GradientAdapterOptions.Reptile"/> it is Reptile (Nichol et al., 2018, arXiv
/// 1803.02999), whose outer gradient is the mean of θ − φ. Deviations: all rates of Meta-SGD start at the inner learning rate;
/// each inner step of Reptile uses the whole support, and its outer steps use the same optimiser as all other adapters. See also
/// <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class FullGradientAdapter : EncoderGradientAdapter
{
    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Any kind. It must hold the encoder's parameters.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    public FullGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, shape.EncoderParameters, stepsHead: true)
    {
    }
}
