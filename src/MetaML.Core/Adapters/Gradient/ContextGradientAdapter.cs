using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on context parameters φ, which start at zero and shift the first layer's bias: b = b₀ + φ C, with meta-learned C.</summary>
/// <remarks>
/// This is the same as φ concatenated to the features, with C as its rows of the first layer's weights. Each task has its own
/// first bias. Source: Zintgraf et al., Fast Context Adaptation via Meta-Learning (CAVIA), 2019, arXiv 1810.03642. Deviation: for
/// images the paper modulates the filters of a layer; here φ acts as additional channels of each pixel, with a filter of one
/// pixel. See also <see cref="EncoderGradientAdapter"/>.
/// </remarks>
internal sealed class ContextGradientAdapter : EncoderGradientAdapter
{
    private const string Matrix = "context_weights";

    private readonly string _bias;
    private readonly int _units;

    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Any kind. The encoder must have a parameter with the role <see cref="ParameterRole.Bias"/>.</param>
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

    private protected override ParameterSet Encoder(AdaptationInput input, ReadOnlySpan<Tensor> stepped)
    {
        Tensor shift = stepped[0].mm(input.AdapterParameters[Matrix]); // [tasks, units]
        return input.EncoderParameters.Map((name, value) => name == _bias ? shift.Plus(value) : value);
    }

    private protected override IEnumerable<SteppedPart> SteppedParts(Func<string, SteppedPart> partOf) => [new SteppedPart(partOf(_bias).Offset, Options.ContextDimension, _units)];

    private protected override IEnumerable<Tensor> Maps(AdaptationInput input) => [input.AdapterParameters[Matrix]];

    private protected override float[] Maps(IReadOnlyList<float[]> parameters) => parameters[^1]; // the constructor adds the matrix last

    private protected override Tensor ToStepped(AdaptationInput input, Tensor byChanged)
    {
        Tensor matrix = input.AdapterParameters[Matrix]; // [context, units]
        long units = matrix.shape[1], others = byChanged.shape[1] - units;
        Tensor byContext = byChanged.narrow(1, 0, units).mm(matrix.t());
        return others == 0 ? byContext : FlatTensors.Join([byContext, byChanged.narrow(1, units, others)]);
    }
}
