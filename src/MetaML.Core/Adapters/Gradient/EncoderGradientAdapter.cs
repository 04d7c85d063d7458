using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps inside the encoder: φ ← φ − αₛ ∇L_support(φ).</summary>
/// <remarks>
/// The outer gradient is exact (second order), except during the share of training that
/// <see cref="GradientAdapterOptions.FirstOrderUntil"/> sets. Cost: a forward and a backward pass of the encoder for each step,
/// and twice as much for the outer gradient. For perceptrons on the CPU, managed code runs the steps of one task after the other,
/// and adaptation needs no libtorch. In all other cases the tasks of a batch step at once, with a leading [tasks] dimension of the
/// parameters, and libtorch differentiates.
/// </remarks>
internal abstract partial class EncoderGradientAdapter : GradientAdapter
{
    private readonly ParameterSpec[] _stepped;
    private readonly string[] _names;

    private protected EncoderGradientAdapter(HeadShape shape, GradientAdapterOptions options, IReadOnlyList<ParameterSpec> stepped, bool stepsHead)
        : base(shape, options, stepped, stepsHead)
    {
        _stepped = [.. stepped];
        _names = Array.ConvertAll(_stepped, spec => spec.Name);
    }

    /// <inheritdoc/>
    public sealed override AdaptedTasks Adapt(AdaptationInput input)
    {
        if (!input.IsTraining && StartOf(input, null) is { } managed)
            return Adapt(input, managed);
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(input.EmbedSupport));
        Func<AdaptedTasks, Tensor> gradientOf = AutomaticGradient.Of(input, Shape.Kind, Changed, StepsHead);
        Tensor[] start = StepsHead ? [.. Start(input), weights, bias] : [.. Start(input)];
        return Descend(
            input,
            start,
            stepped => StepsHead
                ? new AdaptedTasks(Encoder(input, stepped.AsSpan(0, stepped.Length - 2)), stepped[^2], stepped[^1])
                : new AdaptedTasks(Encoder(input, stepped), weights, bias),
            tasks => ToStepped(input, gradientOf(tasks)));
    }

    // The result of the steps in managed code, as tensors. Parameters that do not step remain shared.
    private AdaptedTasks Adapt(AdaptationInput input, DescentStart start)
    {
        using var constant = TorchSharp.torch.no_grad();
        Tensor ends = BatchDescent.Of(PlanOf(input, start), input, query: null).Ends(start.Parameters, Rates.All(input, start.Layout), start.Support);
        IReadOnlyList<ParameterSpec> specs = input.Encoder.Parameters;
        Tensor[] parts = new FlatTensors([.. specs.Select(spec => spec.Shape), .. HeadShapes(input)]).Split(ends);
        return new AdaptedTasks(new ParameterSet(specs.Select((spec, i) => (spec.Name, Changed.Contains(spec.Name) ? parts[i] : input.EncoderParameters[spec.Name]))), parts[^2], parts[^1]);
    }

    /// <inheritdoc/>
    private protected sealed override int EncoderPasses => 1 + 3 * Options.InnerSteps; // for each step one gradient, and two for its derivative

    private protected sealed override DescentStart? StartOf(AdaptationInput input, Tensor? query)
    {
        if (input.Encoder.MlpShape is not { } network || !BatchDescent.Supports(input.Support.Features))
            return null;
        IReadOnlyList<ParameterSpec> specs = input.Encoder.Parameters;
        SteppedPart PartOf(string name) => new(specs.TakeWhile(spec => spec.Name != name).Sum(spec => spec.Count), specs.First(spec => spec.Name == name).Count);
        (Tensor, bool)[] parameters =
        [
            .. specs.Select(spec => (input.EncoderParameters[spec.Name], input.EncoderParameters[spec.Name].dim() > spec.Shape.Length)),
            .. HeadStart(input, new Lazy<Tensor>(input.EmbedSupport)),
            .. Maps(input).Select(map => (map, false)),
        ];
        return new DescentStart(
            network,
            [.. SteppedParts(PartOf), .. StepsHead ? HeadParts(input.OutputCount, network.ParameterCount) : []],
            new FlatTensors([.. _stepped.Select(spec => spec.Shape), .. StepsHead ? HeadShapes(input) : []]),
            DescentStart.Join(parameters, input.ClassMask.shape[0]),
            input.Support.Features,
            query);
    }

    /// <summary>The names of the encoder's parameters that depend on φ.</summary>
    private protected virtual IReadOnlyList<string> Changed => _names;

    /// <summary>φ₀ inside the encoder, each tensor [tasks, …]. By default these are the shared parameters that step.</summary>
    private protected virtual IEnumerable<Tensor> Start(AdaptationInput input) =>
        _stepped.Select(spec => spec.PerTask(input.EncoderParameters[spec.Name], input.ClassMask.shape[0]));

    /// <summary>The encoder's parameters for a value of φ. By default φ replaces the parameters that step.</summary>
    private protected virtual ParameterSet Encoder(AdaptationInput input, ReadOnlySpan<Tensor> stepped)
    {
        var replaced = new Dictionary<string, Tensor>();
        for (int i = 0; i < _stepped.Length; i++)
            replaced.Add(_stepped[i].Name, stepped[i]);
        return input.EncoderParameters.Map((name, shared) => replaced.GetValueOrDefault(name, shared));
    }

    /// <summary>The offsets of φ's tensors among the encoder's parameters. By default φ is a subset of the parameters.</summary>
    /// <param name="partOf">Gives the offset and size of a parameter from its name.</param>
    private protected virtual IEnumerable<SteppedPart> SteppedParts(Func<string, SteppedPart> partOf) => _names.Select(partOf);

    /// <summary>The matrices that map φ to the encoder's parameters; none by default.</summary>
    private protected virtual IEnumerable<Tensor> Maps(AdaptationInput input) => [];

    /// <summary>The values of <see cref="Maps(AdaptationInput)"/> without libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="GradientAdapter.Parameters"/>.</param>
    private protected virtual float[] Maps(IReadOnlyList<float[]> parameters) => [];

    /// <summary>Converts the gradient by <see cref="Changed"/>, and by the head if it steps, to the gradient by φ. By default the two are the same. Float [tasks, values].</summary>
    private protected virtual Tensor ToStepped(AdaptationInput input, Tensor byChanged) => byChanged;
}
