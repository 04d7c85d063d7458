using System.Globalization;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using TorchSharp;

namespace MetaML.Adapters;

/// <summary>What all gradient adapters share: the head that the steps start from, their rates, and what the outer step makes of them.</summary>
public abstract class GradientAdapter : IAdapter
{
    private const string InitialWeights = "initial_weights";
    private const string InitialBias = "initial_bias";

    private readonly List<ParameterSpec> _parameters = [];
    private readonly int _headParameters;
    private readonly double _firstRate;

    /// <param name="shape">Of the heads.</param>
    /// <param name="options">Steps, rates and first head.</param>
    /// <param name="stepped">What steps beside the head, without the leading [tasks].</param>
    /// <param name="stepsHead">Whether the head steps.</param>
    private protected GradientAdapter(HeadShape shape, GradientAdapterOptions options, IEnumerable<ParameterSpec> stepped, bool stepsHead)
    {
        Shape = shape;
        Options = options with { };
        StepsHead = stepsHead;
        int outputs = shape.CommonOutputs ?? 1; // one row, the same for every class
        var weights = ParameterSpec.Normal(InitialWeights, Math.Sqrt(1.0 / shape.EmbeddingDimension), shape.EmbeddingDimension, outputs);
        var bias = ParameterSpec.Constant(InitialBias, 0, outputs);
        if (options.InitialHead == InitialHead.Prototype || (options.InitialHead == InitialHead.Auto && !shape.HasPrior && !options.Reptile))
        {
            Prototypes = new PrototypeAdapter(shape);
            _parameters.AddRange(Prototypes.Parameters);
        }
        else if (stepsHead || shape.HasPrior)
        {
            _parameters.AddRange([weights, bias]);
        }
        else
        {
            throw OptionCheck.Error(options, nameof(options.InitialHead), "Auto or Prototype where class sets differ by task and the head does not step", options.InitialHead, "All classes would score alike.", "Set AdaptHead.");
        }

        _headParameters = _parameters.Count;
        _firstRate = (options.InnerLearningRate ?? (shape.Kind == LabelKind.Regression ? 0.01 : 0.05)) * (options is { InnerLearningRate: null, Scope: GradientScope.Context } ? 10 : 1);
        Rates = new InnerRates(options.LearnedRates, _firstRate, options.InnerSteps, stepsHead ? [.. stepped, weights, bias] : stepped);
        _parameters.AddRange(Rates.Parameters);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    private protected HeadShape Shape { get; }

    private protected GradientAdapterOptions Options { get; }

    private protected bool StepsHead { get; }

    /// <summary>Of what steps: the encoder's part first, then the head's weights and bias.</summary>
    private protected InnerRates Rates { get; }

    /// <summary>Gives the first head; null where it is learned.</summary>
    private protected PrototypeAdapter? Prototypes { get; }

    /// <inheritdoc/>
    public abstract AdaptedTasks Adapt(AdaptationInput input);

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks) =>
        Prototypes?.CompletePrior(parameters, trainingTasks);

    private protected void AddParameter(ParameterSpec spec) => _parameters.Add(spec);

    /// <summary>The head before any step: weights [tasks, embedding, outputs], bias [tasks, outputs].</summary>
    private protected (Tensor Weights, Tensor Bias) InitialHeads(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        if (Prototypes is not null)
            return Prototypes.Head(input, embeddings.Value);

        long tasks = input.ClassMask.shape[0], outputs = input.OutputCount;
        return (
            input.AdapterParameters[InitialWeights].unsqueeze(0).expand(tasks, Shape.EmbeddingDimension, outputs),
            input.AdapterParameters[InitialBias].unsqueeze(0).expand(tasks, outputs));
    }

    /// <summary>Whether inner gradients are constants in this outer step.</summary>
    private protected bool IsFirstOrder(AdaptationInput input) => !input.IsTraining || Options.Reptile || input.Progress < Options.FirstOrderUntil;

    /// <summary>Each task's gradient, scaled down where its norm is above <see cref="GradientAdapterOptions.MaximumInnerGradientNorm"/>.</summary>
    /// <param name="gradients">Float [tasks, …] each.</param>
    /// <returns>g min(1, c / ‖g‖), differentiable.</returns>
    private protected IReadOnlyList<Tensor> Clip(IReadOnlyList<Tensor> gradients)
    {
        Tensor SquaredNorm(Func<Tensor, Tensor> of) => gradients.Select(gradient => of(gradient).Squared().flatten(1).sum(1L)).Aggregate(TensorArithmetic.Plus); // [tasks]
        double limit = Options.MaximumInnerGradientNorm;
        if (!(SquaredNorm(gradient => gradient.detach()).max().Value() > limit * limit))
            return gradients;
        Tensor factor = SquaredNorm(gradient => gradient).ClampMin(limit * limit).rsqrt().Times(limit);
        return [.. gradients.Select(gradient => gradient * factor.reshape([-1, .. Enumerable.Repeat(1L, (int)gradient.dim() - 1)]))];
    }

    /// <summary>What the last step led to, with what the outer step is to know of the earlier ones.</summary>
    /// <param name="input">Says how far training is.</param>
    /// <param name="steps">After each step.</param>
    /// <remarks>
    /// Weights of the multi-step loss, of N steps at progress p: (1 − p / MultiStepLossUntil) / N for each step but the last,
    /// which has the rest. Deviation: the reference implementation lets each keep at least 0.03 / N.
    /// </remarks>
    private protected AdaptedTasks Finish(AdaptationInput input, IReadOnlyList<AdaptedTasks> steps) => input.IsTraining && input.Progress < Options.MultiStepLossUntil
        ? steps[^1] with { EarlierSteps = [.. steps.SkipLast(1)], EarlierStepWeight = (1 - input.Progress / Options.MultiStepLossUntil) / steps.Count }
        : steps[^1];

    /// <summary>Fails where inner steps in training led from finite numbers to others.</summary>
    /// <exception cref="InvalidOperationException">They did.</exception>
    private protected void CheckFinite(AdaptationInput input, IEnumerable<Tensor> start, IEnumerable<Tensor> end)
    {
        using var scope = torch.NewDisposeScope();
        if (input.IsTraining && !AreFinite(end) && AreFinite(start))
            throw new InvalidOperationException($"GradientAdapterOptions.InnerLearningRate must be small enough for the inner steps to stay finite; got {Options.InnerLearningRate?.ToString(CultureInfo.InvariantCulture) ?? $"null, which is {_firstRate}"}. Each of the {Options.InnerSteps} steps overshot by more than the one before. Lower it, or standardise the inputs.");
    }

    private static bool AreFinite(IEnumerable<Tensor> tensors) => tensors.All(tensor => tensor.isfinite().all().Value() > 0);

    /// <summary>The head before any step, outside libtorch.</summary>
    private protected LinearHead InitialHeadOf(IReadOnlyList<float[]> parameters, EmbeddedTask support) => Prototypes is not null
        ? Prototypes.Adapt(parameters, support)
        : HeadOf(parameters[0], parameters[1], support.OutputCount);

    /// <summary>The rates of a step of the head, where nothing else steps, laid out like the head, outside libtorch.</summary>
    private protected LinearHead HeadRates(IReadOnlyList<float[]> parameters, int step, int outputs)
    {
        float[][] rates = [.. parameters.Skip(_headParameters)];
        return HeadOf(Rates.At(rates, step, 0), Rates.At(rates, step, 1), outputs);
    }

    // From parameters [embedding, outputs] and [outputs]; where there is one output, it is every class's.
    private LinearHead HeadOf(float[] weights, float[] bias, int outputs)
    {
        int dimension = Shape.EmbeddingDimension, learned = bias.Length;
        var head = new LinearHead(new float[outputs * dimension], new float[outputs]);
        for (int k = 0; k < outputs; k++)
        {
            int column = Math.Min(k, learned - 1);
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = weights[j * learned + column];
            head.Bias[k] = bias[column];
        }

        return head;
    }
}
