using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <content>The inner steps in managed code.</content>
internal abstract partial class GradientAdapter
{
    /// <summary>The initial state of the steps in managed code; null if managed code cannot run them.</summary>
    /// <param name="input">The support.</param>
    /// <param name="query">Float [tasks, rows, features]; null for adaptation without a query loss.</param>
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
        return descent.StaysFinite ? losses : throw DivergedError();
    }

    /// <summary>The plan of the inner steps of a batch in managed code.</summary>
    private protected DescentPlan PlanOf(AdaptationInput input, DescentStart start) => PlanOf(start.Network, start.Stepped) with
    {
        IsFirstOrder = IsFirstOrder(input),
        IsReptile = input.IsTraining && Options.Reptile,
        EarlierStepWeight = EarlierStepWeight(input),
        IsByFeatures = start.Network.Layers.Count == 0,
    };

    /// <summary>The plan of the inner steps outside training.</summary>
    private protected DescentPlan PlanOf(MlpShape network, IReadOnlyList<SteppedPart> stepped)
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

    /// <summary>The weights and bias of the initial head, and whether each has a leading [tasks] dimension.</summary>
    private protected (Tensor Value, bool IsPerTask)[] HeadStart(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        var (weights, bias) = Prototypes?.Head(input, embeddings.Value) ?? LearnedHead(input);
        return [(weights, Prototypes is not null), (bias, Prototypes is not null)];
    }

    /// <summary>The shapes of a head's weights and bias.</summary>
    private protected long[][] HeadShapes(AdaptationInput input) => [[Shape.EmbeddingDimension, input.OutputCount], [input.OutputCount]];

    /// <summary>The offsets and sizes of a head's weights and bias among all parameters.</summary>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="offset">The offset of the weights.</param>
    private protected SteppedPart[] HeadParts(int outputs, int offset)
    {
        int count = Shape.EmbeddingDimension * outputs;
        return [new SteppedPart(offset, count), new SteppedPart(offset + count, outputs)];
    }

    /// <summary>The weights [embedding, outputs] and bias of the initial head of one task.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="embed">Embeds the support with the shared encoder.</param>
    private protected IEnumerable<float> HeadStart(IReadOnlyList<float[]> parameters, int outputs, Func<EmbeddedTask> embed)
    {
        if (Prototypes is null)
            return [.. Repeat(parameters[0], outputs), .. Repeat(parameters[1], outputs)];
        LinearHead head = Prototypes.Adapt(parameters, embed());
        return [.. Enumerable.Range(0, head.Weights.Length).Select(i => head.Weights[i % outputs * Shape.EmbeddingDimension + i / outputs]), .. head.Bias];
    }

    /// <summary>The rates of the steps of one task.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="ofEncoder">The factors of an encoder parameter of the task, from those of all tasks.</param>
    private protected float[] RatesOf(IReadOnlyList<float[]> parameters, int outputs, Func<ParameterSpec, float[], IEnumerable<float>> ofEncoder) =>
        Rates.All(parameters.Skip(HeadParameterCount).Take(Rates.Parameters.Count), (spec, factors) => spec.Name is InitialWeights or InitialBias ? Repeat(factors, outputs) : ofEncoder(spec, factors));

    /// <summary>Runs the steps of one task.</summary>
    /// <param name="plan">The steps.</param>
    /// <param name="support">The rows before the network.</param>
    /// <param name="start">The parameters of the network, then of the head, then the map of a context.</param>
    /// <param name="rates">All rates.</param>
    /// <returns>The parameters of the network, then of the head, after the last step.</returns>
    private protected float[] Descend(DescentPlan plan, EmbeddedTask support, float[] start, float[] rates)
    {
        var descent = new TaskDescent<float>(plan, support.RowCount, queryRows: 0, support.OutputCount, rates.Length, isDifferentiated: false);
        float total = MathF.Max(support.Weights.Sum(), 1e-12f);
        descent.Support.SetRows(support.Embeddings.Span, Targets(support), Array.ConvertAll(support.Weights, weight => weight / total), new float[support.OutputCount]);
        descent.Descend(start, rates, []);
        return descent.End.ToArray();
    }

    /// <summary>A head from its weights [embedding, outputs] and its bias.</summary>
    private protected LinearHead ToHead(ReadOnlySpan<float> values, int outputs)
    {
        int dimension = Shape.EmbeddingDimension;
        var head = new LinearHead(new float[outputs * dimension], values[^outputs..].ToArray());
        for (int i = 0; i < head.Weights.Length; i++)
            head.Weights[i] = values[i % dimension * outputs + i / dimension];
        return head;
    }

    // The targets of the outputs: [rows, outputs].
    private float[] Targets(EmbeddedTask support)
    {
        if (Shape.Kind != LabelKind.Multiclass)
            return support.Labels;
        var targets = new float[support.RowCount * support.OutputCount];
        for (int row = 0; row < support.RowCount; row++)
            targets[row * support.OutputCount + (int)support.Labels[row]] = 1;
        return targets;
    }

    // If classes differ by task, all outputs of a task share one value.
    private IEnumerable<float> Repeat(float[] values, int outputs) => Shape.CommonOutputs is null ? values.SelectMany(value => Enumerable.Repeat(value, outputs)) : values;
}
