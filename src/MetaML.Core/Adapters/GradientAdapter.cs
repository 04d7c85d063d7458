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

    /// <summary>Where the steps can be taken in managed code: the parameters that they start from, all of them, and what steps among them; null elsewhere.</summary>
    /// <param name="input">The support.</param>
    /// <param name="query">Float [tasks, rows, features]; null where tasks are adapted only.</param>
    private protected abstract DescentStart? StartOf(AdaptationInput input, Tensor? query);

    int IAdapter.EncoderPasses => EncoderPasses;

    /// <summary>See <see cref="IAdapter.EncoderPasses"/>.</summary>
    private protected virtual int EncoderPasses => 1;

    (Tensor Query, Tensor Outer) IAdapter.Losses(AdaptationInput input, LabelKind kind, RowBatch query)
    {
        if (StartOf(input, query.Features) is not { } start)
            return IAdapter.LossesByGraph(this, input, kind, query);
        BatchDescent descent = BatchDescent.Of(PlanOf(input, start), input, query);
        var losses = descent.Losses(start.Parameters, Rates.All(input, start.Layout), start.Support, start.Query!);
        return descent.StaysFinite ? losses : throw Overshot();
    }

    /// <summary>The inner steps in managed code.</summary>
    private protected DescentPlan PlanOf(AdaptationInput input, DescentStart start)
    {
        bool isTraining = input.IsTraining;
        int rate = 0;
        SteppedPart[] parts = [.. start.Stepped.Select((part, i) =>
        {
            SteppedPart placed = part with { HasRatePerValue = Rates.ArePerValue, Rate = Rates.ArePerValue ? rate : Rates.PerStep > 0 ? i : 0 };
            rate += part.Count;
            return placed;
        })];
        return new DescentPlan
        {
            Network = start.Network,
            Kind = Shape.Kind,
            Parts = parts,
            Steps = Options.InnerSteps,
            RatesPerStep = Rates.PerStep,
            MaximumGradientNorm = Options.MaximumInnerGradientNorm,
            IsFirstOrder = IsFirstOrder(input),
            IsReptile = isTraining && Options.Reptile,
            EarlierStepWeight = EarlierStepWeight(input),
            IsByFeatures = start.Network.Layers.Count == 0,
        };
    }

    /// <summary>The head before any step: weights [tasks, embedding, outputs], bias [tasks, outputs].</summary>
    private protected (Tensor Weights, Tensor Bias) InitialHeads(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        if (Prototypes is not null)
            return Prototypes.Head(input, embeddings.Value);

        var (weights, bias) = LearnedHead(input);
        long tasks = input.ClassMask.shape[0];
        return (weights.unsqueeze(0).expand(tasks, -1, -1), bias.unsqueeze(0).expand(tasks, -1));
    }

    /// <summary>The same, as it is joined with other parameters; the tasks' own or theirs in common.</summary>
    private protected (Tensor Value, bool IsOwn)[] HeadStart(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        var (weights, bias) = Prototypes?.Head(input, embeddings.Value) ?? LearnedHead(input);
        return [(weights, Prototypes is not null), (bias, Prototypes is not null)];
    }

    /// <summary>The shapes of a head's weights and bias.</summary>
    private protected long[][] HeadShapes(AdaptationInput input) => [[Shape.EmbeddingDimension, input.OutputCount], [input.OutputCount]];

    /// <summary>Where they lie among all parameters.</summary>
    /// <param name="input">Says how many outputs there are.</param>
    /// <param name="at">Where weights begin.</param>
    private protected SteppedPart[] HeadParts(AdaptationInput input, int at)
    {
        int count = Shape.EmbeddingDimension * input.OutputCount;
        return [new SteppedPart(at, count), new SteppedPart(at + count, input.OutputCount)];
    }

    // Weights [embedding, outputs], bias [outputs].
    private (Tensor Weights, Tensor Bias) LearnedHead(AdaptationInput input) => (
        input.AdapterParameters[InitialWeights].expand(Shape.EmbeddingDimension, input.OutputCount),
        input.AdapterParameters[InitialBias].expand(input.OutputCount));

    /// <summary>The inner steps: φ ← φ − αₛ g(φ).</summary>
    /// <param name="input">Says how far training is.</param>
    /// <param name="start">φ₀, each tensor [tasks, …].</param>
    /// <param name="assemble">The tasks that some φ makes.</param>
    /// <param name="gradientOf">g, the gradients of the tasks' support losses at some φ, laid out like it: [tasks, values].</param>
    private protected AdaptedTasks Descend(AdaptationInput input, Tensor[] start, Func<Tensor[], AdaptedTasks> assemble, Func<Tensor, AdaptedTasks, Tensor> gradientOf)
    {
        var layout = new FlatTensors(start.Select(tensor => tensor.shape[1..]));
        Tensor first = FlatTensors.Join(start), own = first; // [tasks, values]
        Tensor[] rates = Rates.OfSteps(input, layout);
        AdaptedTasks current = assemble(start);
        var earlier = new List<AdaptedTasks>();
        foreach (Tensor rate in rates)
        {
            earlier.Add(current);
            own = own - Clip(Gradient(input, own, current, gradientOf)) * rate;
            current = assemble(layout.Split(own));
        }

        CheckFinite(input, first, own);
        if (Options.Reptile && input.IsTraining)
            return current with { Surrogate = (first - own.detach()).Squared().sum(1L).Times(0.5) }; // ½‖θ − φ‖², whose gradient is θ − φ
        double weight = EarlierStepWeight(input);
        return weight > 0 ? current with { EarlierSteps = earlier[1..], EarlierStepWeight = weight } : current;
    }

    // Of N steps at progress p each but the last weighs (1 − p / MultiStepLossUntil) / N, and the last has the rest.
    // Deviation: the reference implementation lets each keep at least 0.03 / N.
    private double EarlierStepWeight(AdaptationInput input) => input.IsTraining && input.Progress < Options.MultiStepLossUntil
        ? (1 - input.Progress / Options.MultiStepLossUntil) / Options.InnerSteps
        : 0;

    private bool IsFirstOrder(AdaptationInput input) => Options.Reptile || input.Progress < Options.FirstOrderUntil;

    // A constant in first order, and where nothing is trained.
    private Tensor Gradient(AdaptationInput input, Tensor own, AdaptedTasks current, Func<Tensor, AdaptedTasks, Tensor> gradientOf)
    {
        bool isConstant = !input.IsTraining || IsFirstOrder(input);
        using IDisposable? constant = isConstant ? torch.no_grad() : null;
        return gradientOf(own, current);
    }

    // g min(1, c / ‖g‖) for each task, differentiable.
    private Tensor Clip(Tensor gradient)
    {
        // (‖g‖ / c)², divided first: its square must not overflow. [tasks, 1]
        Tensor SquaredNorm(Tensor of) => of.Times(1 / Options.MaximumInnerGradientNorm).Squared().sum(1L, keepdim: true);
        return SquaredNorm(gradient.detach()).max().Value() > 1 ? gradient * SquaredNorm(gradient).ClampMin(1).rsqrt() : gradient;
    }

    // Fails where inner steps in training led from finite numbers to others.
    private void CheckFinite(AdaptationInput input, Tensor start, Tensor end)
    {
        if (input.IsTraining && !IsFinite(end) && IsFinite(start))
            throw Overshot();
    }

    private InvalidOperationException Overshot() =>
        new($"GradientAdapterOptions.InnerLearningRate must be small enough for the inner steps to stay finite; got {Options.InnerLearningRate?.ToString(CultureInfo.InvariantCulture) ?? $"null, which is {_firstRate}"}. Each of the {Options.InnerSteps} steps overshot by more than the one before. Lower it, or standardise the inputs.");

    private static bool IsFinite(Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().isfinite().all().Value() > 0;
    }

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
