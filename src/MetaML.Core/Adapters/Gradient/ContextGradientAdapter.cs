using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on context parameters φ, from zero, which shift the first layer's bias: b = b₀ + φ C, with C meta-learned.</summary>
/// <remarks>
/// The same as φ put beside the features, with C its rows of the first layer's weights. A task has a first bias of its own.
/// Source: Zintgraf et al., Fast Context Adaptation via Meta-Learning (CAVIA), 2019, arXiv 1810.03642. Deviations: for images
/// the paper modulates a layer's filters; here φ is beside the pixels' channels, by a filter of one pixel. See also
/// <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class ContextGradientAdapter : EncoderGradientAdapter
{
    private const string Matrix = "context_weights";

    private readonly string _bias;
    private readonly int _units;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind; the encoder must have a parameter of the role bias.</param>
    /// <param name="options">Steps, rates, initial head and number of context parameters.</param>
    public ContextGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, [ParameterSpec.Constant("context", 0, options.ContextDimension)], options.AdaptHead)
    {
        ParameterSpec bias = shape.EncoderParameters.First(spec => spec.Role == ParameterRole.Bias);
        (_bias, _units) = (bias.Name, bias.Count);
        AddParameter(ParameterSpec.Normal(Matrix, Math.Sqrt(1.0 / options.ContextDimension), options.ContextDimension, bias.Count));
    }

    private protected override IReadOnlyList<string> Changed => [_bias];

    private protected override IEnumerable<Tensor> Start(AdaptationInput input) => [input.ClassMask.new_zeros([input.ClassMask.shape[0], Options.ContextDimension])];

    private protected override ParameterSet Encoder(AdaptationInput input, ReadOnlySpan<Tensor> own)
    {
        Tensor shift = own[0].mm(input.AdapterParameters[Matrix]); // [tasks, units]
        return input.EncoderParameters.Map((name, value) => name == _bias ? shift.Plus(value) : value);
    }

    private protected override IEnumerable<SteppedPart> SteppedParts(Func<string, int> offsetOf) => [new SteppedPart(offsetOf(_bias), Options.ContextDimension, _units)];

    private protected override IEnumerable<Tensor> Maps(AdaptationInput input) => [input.AdapterParameters[Matrix]];

    private protected override Tensor ToOwn(AdaptationInput input, Tensor byChanged)
    {
        Tensor matrix = input.AdapterParameters[Matrix]; // [context, units]
        long units = matrix.shape[1], others = byChanged.shape[1] - units;
        Tensor own = byChanged.narrow(1, 0, units).mm(matrix.t());
        return others == 0 ? own : FlatTensors.Join([own, byChanged.narrow(1, units, others)]);
    }
}
