using MetaML.Encoders;
using MetaML.Episodes;

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
}
