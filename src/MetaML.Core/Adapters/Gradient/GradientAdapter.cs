using System.Globalization;
using MetaML.Adapters.ClosedForm;
using MetaML.Adapters.Logistic;
using MetaML.Heads;
using MetaML.Options;
using MetaML.Parameters;
using TorchSharp;

namespace MetaML.Adapters.Gradient;

/// <summary>The base of all gradient adapters: the initial head, the rates of the inner steps, and the outer loss.</summary>
internal abstract partial class GradientAdapter : IAdapter
{
    private const string InitialWeights = "initial_weights";
    private const string InitialBias = "initial_bias";

    private readonly List<ParameterSpec> _parameters = [];
    private readonly double _initialRate;

    /// <param name="shape">The shape of the heads.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    /// <param name="stepped">The parameters that step besides the head, without the leading [tasks] dimension.</param>
    /// <param name="stepsHead">Whether the head steps.</param>
    private protected GradientAdapter(HeadShape shape, GradientAdapterOptions options, IEnumerable<ParameterSpec> stepped, bool stepsHead)
    {
        Shape = shape;
        Options = options with { };
        StepsHead = stepsHead;
        int outputs = shape.CommonOutputs ?? 1; // one column of weights for all classes
        var weights = ParameterSpec.Normal(InitialWeights, Math.Sqrt(1.0 / shape.EmbeddingDimension), shape.EmbeddingDimension, outputs);
        var bias = ParameterSpec.Constant(InitialBias, 0, outputs);
        if (options.InitialHead == InitialHead.Prototype || (options.InitialHead == InitialHead.Auto && !shape.HasCommonOutputs && !options.Reptile))
        {
            Prototypes = new PrototypeAdapter(shape);
            _parameters.AddRange(Prototypes.Parameters);
        }
        else if (stepsHead || shape.HasCommonOutputs)
        {
            _parameters.AddRange([weights, bias]);
        }
        else
        {
            throw OptionCheck.Error(options, nameof(options.InitialHead), "Auto or Prototype if class sets differ by task and the head does not step", options.InitialHead, "All classes would have the same score.", "Set AdaptHead.");
        }

        HeadParameterCount = _parameters.Count;
        _initialRate = (options.InnerLearningRate ?? (shape.Kind == LabelKind.Regression ? 0.01 : 0.05)) * (options is { InnerLearningRate: null, Scope: GradientScope.Context } ? 10 : 1);
        Rates = new InnerRates(options.LearnedRates, _initialRate, options.InnerSteps, stepsHead ? [.. stepped, weights, bias] : stepped);
        _parameters.AddRange(Rates.Parameters);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    private protected HeadShape Shape { get; }

    private protected GradientAdapterOptions Options { get; }

    private protected bool StepsHead { get; }

    /// <summary>Number of <see cref="Parameters"/> of the initial head. The rates follow them.</summary>
    private protected int HeadParameterCount { get; }

    /// <summary>The rates of the parameters that step: first those of the encoder, then the head's weights and bias.</summary>
    private protected InnerRates Rates { get; }

    /// <summary>Makes the initial head from prototypes; null if the initial head is learned.</summary>
    private protected PrototypeAdapter? Prototypes { get; }

    /// <inheritdoc/>
    public abstract AdaptedTasks Adapt(AdaptationInput input);

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks) =>
        Prototypes?.CompletePrior(parameters, trainingTasks);

    // The initial weights stay as they are drawn, since steps inside an encoder need a head that is not 0.
    void IAdapter.StartFromPooled(IReadOnlyList<ParameterArray> parameters, EmbeddedTask pooled)
    {
        if (Prototypes is null)
            PooledHead.FitBias(Shape.Kind, pooled, parameters[0].Values, parameters[1].Values);
        else
            ((IAdapter)Prototypes).StartFromPooled(parameters, pooled);
    }

    private protected void AddParameter(ParameterSpec spec) => _parameters.Add(spec);

    /// <summary>The initial heads: weights [tasks, embedding, outputs], bias [tasks, outputs].</summary>
    private protected (Tensor Weights, Tensor Bias) InitialHeads(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        if (Prototypes is not null)
            return Prototypes.Head(input, embeddings.Value);

        var (weights, bias) = LearnedHead(input);
        long tasks = input.ClassMask.shape[0];
        return (weights.unsqueeze(0).expand(tasks, -1, -1), bias.unsqueeze(0).expand(tasks, -1));
    }

    // Weights [embedding, outputs], bias [outputs].
    private (Tensor Weights, Tensor Bias) LearnedHead(AdaptationInput input) => (
        input.AdapterParameters[InitialWeights].expand(Shape.EmbeddingDimension, input.OutputCount),
        input.AdapterParameters[InitialBias].expand(input.OutputCount));

    /// <summary>The inner steps: φ ← φ − αₛ g(φ).</summary>
    /// <param name="input">The input, with the progress of training.</param>
    /// <param name="start">φ₀, each tensor [tasks, …].</param>
    /// <param name="assemble">Makes adapted tasks from a value of φ.</param>
    /// <param name="gradientOf">g, the gradients of the tasks' support losses in the layout of φ: [tasks, values].</param>
    private protected AdaptedTasks Descend(AdaptationInput input, Tensor[] start, Func<Tensor[], AdaptedTasks> assemble, Func<AdaptedTasks, Tensor> gradientOf)
    {
        var layout = new FlatTensors(start.Select(tensor => tensor.shape[1..]));
        Tensor initial = FlatTensors.Join(start), stepped = initial; // [tasks, values]
        Tensor[] rates = Rates.OfSteps(input, layout);
        AdaptedTasks current = assemble(start);
        var earlier = new List<AdaptedTasks>();
        foreach (Tensor rate in rates)
        {
            earlier.Add(current);
            stepped = stepped - Clip(Gradient(input, current, gradientOf)) * rate;
            current = assemble(layout.Split(stepped));
        }

        CheckFinite(input, initial, stepped);
        if (Options.Reptile && input.IsTraining)
            return current with { Surrogate = (initial - stepped.detach()).Squared().sum(1L).Times(0.5) }; // ½‖θ − φ‖², whose gradient is θ − φ
        double weight = EarlierStepWeight(input);
        return weight > 0 ? current with { EarlierSteps = earlier[1..], EarlierStepWeight = weight } : current;
    }

    // With N steps at progress p, the weight of each step except the last is (1 − p / MultiStepLossUntil) / N. The last step has
    // the remaining weight. Deviation: in the reference implementation each weight is at least 0.03 / N.
    private double EarlierStepWeight(AdaptationInput input) => input.IsTraining && input.Progress < Options.MultiStepLossUntil
        ? (1 - input.Progress / Options.MultiStepLossUntil) / Options.InnerSteps
        : 0;

    private bool IsFirstOrder(AdaptationInput input) => Options.Reptile || input.Progress < Options.FirstOrderUntil;

    // The inner gradient. In first order, and outside training, libtorch does not record its graph.
    private Tensor Gradient(AdaptationInput input, AdaptedTasks current, Func<AdaptedTasks, Tensor> gradientOf)
    {
        bool isConstant = !input.IsTraining || IsFirstOrder(input);
        using IDisposable? constant = isConstant ? torch.no_grad() : null;
        return gradientOf(current);
    }

    // g min(1, c / ‖g‖) for each task, differentiable. TaskDescent.Clip is the same in managed code, which is faster for small
    // networks; BatchDescentTests compares the two.
    private Tensor Clip(Tensor gradient)
    {
        // (‖g‖ / c)² [tasks, 1]. The division comes first, so that the square does not overflow.
        Tensor SquaredNorm(Tensor of) => of.Times(1 / Options.MaximumInnerGradientNorm).Squared().sum(1L, keepdim: true);
        return SquaredNorm(gradient.detach()).max().Value() > 1 ? gradient * SquaredNorm(gradient).ClampMin(1).rsqrt() : gradient;
    }

    // Throws if inner steps in training lead from finite numbers to numbers that are not finite.
    private void CheckFinite(AdaptationInput input, Tensor start, Tensor end)
    {
        if (input.IsTraining && !IsFinite(end) && IsFinite(start))
            throw DivergedError();
    }

    private InvalidOperationException DivergedError() =>
        new($"GradientAdapterOptions.InnerLearningRate must be small enough for the inner steps to stay finite; got {Options.InnerLearningRate?.ToString(CultureInfo.InvariantCulture) ?? $"null, which is {_initialRate}"}. Each of the {Options.InnerSteps} steps overshot by more than the one before. Lower it, or standardise the inputs.");

    private static bool IsFinite(Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().isfinite().all().Value() > 0;
    }
}
