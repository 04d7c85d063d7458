using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on each hidden layer's scale γ and shift β alone: h = activation(γ · norm(W h + b) + β).</summary>
/// <remarks>
/// Each task has its own γ and β for each hidden unit or filter. Source of the layer: Perez et al., FiLM, 2018, arXiv 1709.07871.
/// Deviation: γ and β start at meta-learned values and change by gradient steps on the support, whereas in the paper a network
/// generates them. See also <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class FilmGradientAdapter : EncoderGradientAdapter
{
    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Any kind. The encoder must have parameters with the roles <see cref="ParameterRole.Scale"/> and <see cref="ParameterRole.Shift"/>.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    public FilmGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, [.. shape.EncoderParameters.Where(spec => spec.Role is ParameterRole.Scale or ParameterRole.Shift)], options.AdaptHead)
    {
    }
}
