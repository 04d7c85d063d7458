using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on each hidden layer's scale γ and shift β alone: h = activation(γ · norm(W h + b) + β).</summary>
/// <remarks>
/// A task has two numbers of its own for each hidden unit or filter. Source of the layer: Perez et al., FiLM, 2018, arXiv
/// 1709.07871. Deviation: γ and β come from gradient steps on the support, from a meta-learned start, where the paper has a
/// network that generates them. See also <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class FilmGradientAdapter : EncoderGradientAdapter
{
    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind; the encoder must have parameters of the roles scale and shift.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    public FilmGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, [.. shape.EncoderParameters.Where(spec => spec.Role is ParameterRole.Scale or ParameterRole.Shift)], options.AdaptHead)
    {
    }
}
