using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>What all gradient adapters share: the head that the steps start from, and their rates.</summary>
public abstract class GradientAdapter : IAdapter
{
    private const string Rates = "log_inner_rate_factors";
    private const string InitialWeights = "initial_weights";
    private const string InitialBias = "initial_bias";

    private readonly List<ParameterSpec> _parameters = [];
    private readonly double _firstRate;

    private protected GradientAdapter(HeadShape shape, GradientAdapterOptions options, int ratesPerStep)
    {
        Shape = shape;
        Options = options with { };
        _firstRate = options.InnerLearningRate ?? (shape.Kind == LabelKind.Regression ? 0.01 : 0.05);
        bool fromPrototypes = options.InitialHead == InitialHead.Prototype || (options.InitialHead == InitialHead.Auto && !shape.HasPrior);
        if (fromPrototypes)
        {
            Prototypes = new PrototypeAdapter(shape);
            _parameters.AddRange(Prototypes.Parameters);
        }
        else
        {
            int outputs = shape.CommonOutputs ?? 1; // one row, the same for every class
            _parameters.Add(ParameterSpec.Normal(InitialWeights, Math.Sqrt(1.0 / shape.EmbeddingDimension), shape.EmbeddingDimension, outputs));
            _parameters.Add(ParameterSpec.Constant(InitialBias, 0, outputs));
        }

        if (options.LearnInnerLearningRates)
            _parameters.Add(ParameterSpec.Constant(Rates, 0, options.InnerSteps, ratesPerStep) with { LearningRateFactor = 10 });
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    private protected HeadShape Shape { get; }

    private protected GradientAdapterOptions Options { get; }

    /// <summary>Gives the first head; null where it is learned.</summary>
    private protected PrototypeAdapter? Prototypes { get; }

    /// <inheritdoc/>
    public abstract AdaptedTasks Adapt(AdaptationInput input);

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks) =>
        Prototypes?.CompletePrior(parameters, trainingTasks);

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

    /// <summary>The learning rate of one step for one of the parameter tensors, 0-dimensional.</summary>
    private protected Tensor Rate(AdaptationInput input, int step, int parameter) => Options.LearnInnerLearningRates
        ? input.AdapterParameters[Rates].select(0, step).select(0, parameter).exp().Times(_firstRate)
        : input.ClassMask.new_ones(1, dtype: input.ClassMask.dtype).squeeze(0).Times(_firstRate);

    /// <summary>The same outside libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>; the rates are the last.</param>
    /// <param name="step">From 0.</param>
    private protected float Rate(IReadOnlyList<float[]> parameters, int step) =>
        (float)_firstRate * (Options.LearnInnerLearningRates ? MathF.Exp(parameters[^1][step]) : 1);

    /// <summary>The head before any step, outside libtorch.</summary>
    private protected LinearHead InitialHeadOf(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        if (Prototypes is not null)
            return Prototypes.Adapt(parameters, support);

        int dimension = Shape.EmbeddingDimension, outputs = support.OutputCount, learned = Shape.CommonOutputs ?? 1;
        var head = new LinearHead(new float[outputs * dimension], new float[outputs]);
        for (int k = 0; k < outputs; k++)
        {
            int column = Math.Min(k, learned - 1);
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = parameters[0][j * learned + column];
            head.Bias[k] = parameters[1][column];
        }

        return head;
    }
}
