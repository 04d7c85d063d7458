using MetaML.Encoders;
using MetaML.Episodes;

namespace MetaML.Adapters.Gradient;

/// <content>The same steps in managed code.</content>
internal abstract partial class GradientAdapter
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

    /// <summary>The steps alone, as they are where nothing is trained.</summary>
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

    /// <summary>The head before any step, weights and bias, as it is joined with other parameters: the tasks' own, or one for all.</summary>
    private protected (Tensor Value, bool IsOwn)[] HeadStart(AdaptationInput input, Lazy<Tensor> embeddings)
    {
        var (weights, bias) = Prototypes?.Head(input, embeddings.Value) ?? LearnedHead(input);
        return [(weights, Prototypes is not null), (bias, Prototypes is not null)];
    }

    /// <summary>The shapes of a head's weights and bias.</summary>
    private protected long[][] HeadShapes(AdaptationInput input) => [[Shape.EmbeddingDimension, input.OutputCount], [input.OutputCount]];

    /// <summary>Where a head's weights and bias lie among all parameters.</summary>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="offset">Where weights begin.</param>
    private protected SteppedPart[] HeadParts(int outputs, int offset)
    {
        int count = Shape.EmbeddingDimension * outputs;
        return [new SteppedPart(offset, count), new SteppedPart(offset + count, outputs)];
    }
}
