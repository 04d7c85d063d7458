using MetaML.Encoders;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <content>The same steps in managed code.</content>
public abstract partial class GradientAdapter
{
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

    /// <summary>The inner steps of a batch in managed code.</summary>
    private protected DescentPlan PlanOf(AdaptationInput input, DescentStart start) => PlanOf(start.Network, start.Stepped) with
    {
        IsFirstOrder = IsFirstOrder(input),
        IsReptile = input.IsTraining && Options.Reptile,
        EarlierStepWeight = EarlierStepWeight(input),
        IsByFeatures = start.Network.Layers.Count == 0,
    };

    // With the place of each tensor's rates.
    private DescentPlan PlanOf(Perceptron network, IReadOnlyList<SteppedPart> stepped)
    {
        var parts = new SteppedPart[stepped.Count];
        for (int i = 0, values = 0; i < parts.Length; values += parts[i++].Count)
            parts[i] = stepped[i] with { HasRatePerValue = Rates.ArePerValue, Rate = Rates.ArePerValue ? values : Rates.PerStep > 0 ? i : 0 };
        return new DescentPlan
        {
            Network = network,
            Kind = Shape.Kind,
            Parts = parts,
            Steps = Options.InnerSteps,
            RatesPerStep = Rates.PerStep,
            MaximumGradientNorm = Options.MaximumInnerGradientNorm,
        };
    }

    /// <summary>The inner steps of one task's head, outside libtorch.</summary>
    private protected LinearHead DescendHead(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int dimension = Shape.EmbeddingDimension, outputs = support.OutputCount, rows = support.RowCount;
        float[] rates = Rates.All([.. parameters.Skip(_headParameters)], values => Repeat(values, outputs));
        var descent = new TaskDescent<float>(PlanOf(new Perceptron(dimension), HeadParts(outputs, 0)), rows, queryRows: 0, outputs, rates.Length, isDifferentiated: false);
        float total = MathF.Max(support.Weights.Sum(), 1e-12f);
        descent.Support.SetRows(support.Embeddings.AsSpan(0, rows * dimension), Targets(support), Array.ConvertAll(support.Weights, weight => weight / total), new float[outputs]);
        float[] start = Prototypes is null
            ? [.. Repeat(parameters[0], outputs), .. Repeat(parameters[1], outputs)]
            : Flatten(Prototypes.Adapt(parameters, support));
        descent.Descend(start, rates, []);
        var head = new LinearHead(new float[outputs * dimension], descent.End[^outputs..].ToArray());
        for (int i = 0; i < head.Weights.Length; i++)
            head.Weights[i] = descent.End[i % dimension * outputs + i / dimension];
        return head;
    }

    // [rows, outputs]: what each output should be.
    private float[] Targets(EmbeddedTask support)
    {
        if (Shape.Kind != LabelKind.Multiclass)
            return support.Labels;
        var targets = new float[support.RowCount * support.OutputCount];
        for (int row = 0; row < support.RowCount; row++)
            targets[row * support.OutputCount + (int)support.Labels[row]] = 1;
        return targets;
    }

    // Where classes differ by task there is one value for all of a task's outputs.
    private IEnumerable<float> Repeat(float[] values, int outputs) => Shape.CommonOutputs is null ? values.SelectMany(value => Enumerable.Repeat(value, outputs)) : values;

    // Weights [embedding, outputs], then bias.
    private float[] Flatten(LinearHead head)
    {
        int outputs = head.OutputCount;
        return [.. Enumerable.Range(0, head.Weights.Length).Select(i => head.Weights[i % outputs * Shape.EmbeddingDimension + i / outputs]), .. head.Bias];
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
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="at">Where weights begin.</param>
    private protected SteppedPart[] HeadParts(int outputs, int at)
    {
        int count = Shape.EmbeddingDimension * outputs;
        return [new SteppedPart(at, count), new SteppedPart(at + count, outputs)];
    }
}
