using MetaML.Encoders;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>Inner gradient steps on the head only: W ← W − αₛ Zᵀ G, b ← b − αₛ Σᵢ gᵢ, with G the gradient of the loss by the scores.</summary>
/// <remarks>
/// The inner gradient is an explicit formula. The outer gradient through it is exact (second order): in managed code on the
/// CPU, and by automatic differentiation on other devices. Cost O(steps · rows · embedding · outputs). Source: Raghu et al., Rapid
/// Learning or Feature Reuse? (ANIL), 2020, arXiv 1909.09157; learned rates and multi-step loss as in MAML++, arXiv 1810.09502.
/// </remarks>
internal sealed class HeadGradientAdapter : GradientAdapter, IManagedAdapter
{
    /// <summary>Makes an adapter for heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">Steps, rates and initial head.</param>
    public HeadGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, stepped: [], stepsHead: true)
    {
    }

    /// <inheritdoc/>
    public override AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor z = input.EmbedSupport(); // [tasks, rows, embedding]
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(z));
        Func<Tensor, Tensor> gradientOf = LabelLoss.Gradient(Shape.Kind, input.Support, input.ClassMask);
        return Descend(
            input,
            [weights, bias],
            head => new AdaptedTasks(input.EncoderParameters, head[0], head[1]),
            tasks => Gradient(z, gradientOf(tasks.Score(z))));
    }

    private protected override DescentStart? StartOf(AdaptationInput input, Tensor? query)
    {
        if (input.ClassMask.device_type != TorchSharp.DeviceType.CPU)
            return null;
        Tensor z = input.EmbedSupport();
        return new DescentStart(
            new MlpShape(Shape.EmbeddingDimension),
            HeadParts(input.OutputCount, 0),
            new FlatTensors(HeadShapes(input)),
            DescentStart.Join(HeadStart(input, new Lazy<Tensor>(z)), input.ClassMask.shape[0]),
            z,
            query is null ? null : input.Encoder.Forward(input.EncoderParameters, query, input.Dropout));
    }

    /// <summary>The gradient of a loss by a head, from the gradient by its scores: ZᵀG and Σᵢ gᵢ, concatenated.</summary>
    /// <param name="z">Float [tasks, rows, embedding].</param>
    /// <param name="byScores">G: float [tasks, rows, outputs].</param>
    /// <returns>Float [tasks, (embedding + 1) · outputs].</returns>
    internal static Tensor Gradient(Tensor z, Tensor byScores) => FlatTensors.Join([z.transpose(1, 2).bmm(byScores), byScores.sum(1L)]);

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int outputs = support.OutputCount;
        DescentPlan plan = PlanOf(new MlpShape(Shape.EmbeddingDimension), HeadParts(outputs, 0));
        return ToHead(Descend(plan, support, [.. HeadStart(parameters, outputs, () => support)], RatesOf(parameters, outputs, (_, factors) => factors)), outputs);
    }
}
