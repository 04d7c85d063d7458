using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>Inner gradient steps inside the encoder: φ ← φ − αₛ ∇L_support(φ), by automatic differentiation.</summary>
/// <remarks>
/// All tasks of a batch step at once, each with parameters of its own along a leading dimension. The outer gradient is
/// exact (second order) unless <see cref="GradientAdapterOptions.FirstOrderUntil"/> says otherwise. Cost: a forward and a
/// backward pass of the encoder for each step. Adapting needs libtorch.
/// </remarks>
public abstract class EncoderGradientAdapter : GradientAdapter
{
    private readonly string[] _names;

    private protected EncoderGradientAdapter(HeadShape shape, GradientAdapterOptions options, IReadOnlyList<ParameterSpec> stepped, bool stepsHead)
        : base(shape, options, stepped, stepsHead) => _names = [.. stepped.Select(spec => spec.Name)];

    /// <inheritdoc/>
    public sealed override AdaptedTasks Adapt(AdaptationInput input)
    {
        using var grad = enable_grad();
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(input.EmbedSupport));
        Tensor[] start = StepsHead ? [.. Start(input), weights, bias] : [.. Start(input)]; // φ₀, each [tasks, …]
        Tensor[] own = Array.ConvertAll(start, value => value.requires_grad ? value : value.detach().requires_grad_()); // nothing may lie behind φ₀
        AdaptedTasks current = Assemble(input, own, weights, bias);
        var steps = new List<AdaptedTasks>();
        for (int step = 0; step < Options.InnerSteps; step++)
        {
            Tensor scores = current.Score(input.Encoder, input.Support.Features, input.Dropout);
            Tensor loss = LabelLoss.PerTask(Shape.Kind, scores, input.Support, input.ClassMask).sum(0L); // tasks do not touch each other's φ
            IReadOnlyList<Tensor> gradients = Clip([.. autograd.grad([loss], own, retain_graph: true, create_graph: !IsFirstOrder(input))]);
            Tensor[] rates = Rates.At(input, step);
            own = [.. own.Select((value, i) => value - gradients[i] * rates[i])];
            steps.Add(current = Assemble(input, own, weights, bias));
        }

        CheckFinite(input, start, own);
        AdaptedTasks adapted = Finish(input, steps);
        return Options.Reptile && input.IsTraining ? adapted with { Surrogate = HalfSquaredDistance(start, own) } : adapted;
    }

    /// <summary>φ₀ of the encoder's part, each tensor [tasks, …]: by default the shared parameters that step.</summary>
    private protected virtual IEnumerable<Tensor> Start(AdaptationInput input)
    {
        long tasks = input.ClassMask.shape[0];
        return _names.Select(name => input.EncoderParameters[name]).Select(shared => shared.unsqueeze(0).expand([tasks, .. shared.shape]));
    }

    /// <summary>The encoder's parameters for some φ: by default those that step are replaced.</summary>
    private protected virtual ParameterSet Encoder(AdaptationInput input, ReadOnlySpan<Tensor> own)
    {
        var replaced = new Dictionary<string, Tensor>();
        for (int i = 0; i < _names.Length; i++)
            replaced.Add(_names[i], own[i]);
        return input.EncoderParameters.Map((name, shared) => replaced.GetValueOrDefault(name, shared));
    }

    private AdaptedTasks Assemble(AdaptationInput input, Tensor[] own, Tensor weights, Tensor bias) => StepsHead
        ? new AdaptedTasks(Encoder(input, own.AsSpan(0, own.Length - 2)), own[^2], own[^1])
        : new AdaptedTasks(Encoder(input, own), weights, bias);

    // ½‖θ − φ‖² of each task, φ held: its gradient is Reptile's, θ − φ. [tasks]
    private static Tensor HalfSquaredDistance(Tensor[] start, Tensor[] end) => start
        .Zip(end, (from, to) => (from - to.detach()).Squared().flatten(1).sum(1L))
        .Aggregate(TensorArithmetic.Plus).Times(0.5);
}
