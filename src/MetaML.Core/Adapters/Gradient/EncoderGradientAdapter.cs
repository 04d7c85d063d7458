using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps inside the encoder: φ ← φ − αₛ ∇L_support(φ).</summary>
/// <remarks>
/// The outer gradient is exact (second order) unless <see cref="GradientAdapterOptions.FirstOrderUntil"/> says otherwise. Cost:
/// a forward and a backward pass of the encoder for each step, and twice as much for the outer gradient. Perceptrons on the
/// processor step in managed code, one task after the other; elsewhere all tasks of a batch step at once, each with parameters
/// of its own along a leading dimension, and libtorch differentiates. Adapting needs libtorch.
/// </remarks>
internal abstract class EncoderGradientAdapter : GradientAdapter
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
            own => StepsHead ? new AdaptedTasks(Encoder(input, own.AsSpan(0, own.Length - 2)), own[^2], own[^1]) : new AdaptedTasks(Encoder(input, own), weights, bias),
            tasks => ToOwn(input, gradientOf(tasks)));
    }

    // The managed steps' end as tensors; what no step changed stays shared.
    private AdaptedTasks Adapt(AdaptationInput input, DescentStart start)
    {
        using var constant = TorchSharp.torch.no_grad();
        Tensor ends = BatchDescent.Of(PlanOf(input, start), input, query: null).Ends(start.Parameters, Rates.All(input, start.Layout), start.Support);
        IReadOnlyList<ParameterSpec> specs = input.Encoder.Parameters;
        Tensor[] parts = new FlatTensors([.. specs.Select(spec => spec.Shape), .. HeadShapes(input)]).Split(ends);
        return new AdaptedTasks(new ParameterSet(specs.Select((spec, i) => (spec.Name, Changed.Contains(spec.Name) ? parts[i] : input.EncoderParameters[spec.Name]))), parts[^2], parts[^1]);
    }

    /// <inheritdoc/>
    private protected sealed override int EncoderPasses => 1 + 3 * Options.InnerSteps; // a step's gradient, and twice as much for its derivative

    private protected sealed override DescentStart? StartOf(AdaptationInput input, Tensor? query)
    {
        if (input.Encoder.MlpShape is not { } network || !BatchDescent.Serves(input.Support.Features))
            return null;
        IReadOnlyList<ParameterSpec> specs = input.Encoder.Parameters;
        int OffsetOf(string name) => specs.TakeWhile(spec => spec.Name != name).Sum(spec => spec.Count);
        (Tensor, bool)[] parameters =
        [
            .. specs.Select(spec => (input.EncoderParameters[spec.Name], input.EncoderParameters[spec.Name].dim() > spec.Shape.Length)),
            .. HeadStart(input, new Lazy<Tensor>(input.EmbedSupport)),
            .. Maps(input).Select(map => (map, false)),
        ];
        return new DescentStart(
            network,
            [.. SteppedParts(OffsetOf), .. StepsHead ? HeadParts(input.OutputCount, network.ParameterCount) : []],
            new FlatTensors([.. _stepped.Select(spec => spec.Shape), .. StepsHead ? HeadShapes(input) : []]),
            DescentStart.Join(parameters, input.ClassMask.shape[0]),
            input.Support.Features,
            query);
    }

    /// <summary>The names of the encoder's parameters that depend on φ.</summary>
    private protected virtual IReadOnlyList<string> Changed => _names;

    /// <summary>φ₀ of the encoder's part, each tensor [tasks, …]: by default the shared parameters that step.</summary>
    private protected virtual IEnumerable<Tensor> Start(AdaptationInput input) =>
        _stepped.Select(spec => spec.PerTask(input.EncoderParameters[spec.Name], input.ClassMask.shape[0]));

    /// <summary>The encoder's parameters for some φ: by default those that step are replaced.</summary>
    private protected virtual ParameterSet Encoder(AdaptationInput input, ReadOnlySpan<Tensor> own)
    {
        var replaced = new Dictionary<string, Tensor>();
        for (int i = 0; i < _stepped.Length; i++)
            replaced.Add(_stepped[i].Name, own[i]);
        return input.EncoderParameters.Map((name, shared) => replaced.GetValueOrDefault(name, shared));
    }

    /// <summary>Where φ's tensors in the encoder lie among its parameters: by default they are some of them.</summary>
    /// <param name="offsetOf">From a parameter's name to where it lies.</param>
    private protected virtual IEnumerable<SteppedPart> SteppedParts(Func<string, int> offsetOf) => _stepped.Select(spec => new SteppedPart(offsetOf(spec.Name), spec.Count));

    /// <summary>What maps φ into the encoder's parameters; by default nothing does.</summary>
    private protected virtual IEnumerable<Tensor> Maps(AdaptationInput input) => [];

    /// <summary>From the gradient by <see cref="Changed"/>, and by the head where it steps, to that by φ; by default they are the same. Float [tasks, values].</summary>
    private protected virtual Tensor ToOwn(AdaptationInput input, Tensor byChanged) => byChanged;
}
