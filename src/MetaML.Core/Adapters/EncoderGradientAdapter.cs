using MetaML.Encoders;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>Inner gradient steps inside the encoder: φ ← φ − αₛ ∇L_support(φ), as <see cref="IEncoder"/> gives it.</summary>
/// <remarks>
/// All tasks of a batch step at once, each with parameters of its own along a leading dimension. The outer gradient is
/// exact (second order) unless <see cref="GradientAdapterOptions.FirstOrderUntil"/> says otherwise. Cost: a forward and a
/// backward pass of the encoder for each step. Adapting needs libtorch.
/// </remarks>
public abstract class EncoderGradientAdapter : GradientAdapter
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
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(input.EmbedSupport));
        Func<Tensor, AdaptedTasks, Tensor> gradientOf = input.Encoder.SupportGradient(input, Shape.Kind, Changed, StepsHead);
        Tensor[] start = StepsHead ? [.. Start(input), weights, bias] : [.. Start(input)];
        return Descend(
            input,
            start,
            own => StepsHead ? new AdaptedTasks(Encoder(input, own.AsSpan(0, own.Length - 2)), own[^2], own[^1]) : new AdaptedTasks(Encoder(input, own), weights, bias),
            (own, tasks) => ToOwn(input, gradientOf(own, tasks)));
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

    /// <summary>From the gradient by <see cref="Changed"/>, and by the head where it steps, to that by φ; by default they are the same. Float [tasks, values].</summary>
    private protected virtual Tensor ToOwn(AdaptationInput input, Tensor byChanged) => byChanged;
}
