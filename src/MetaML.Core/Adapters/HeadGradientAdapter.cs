using System.Numerics.Tensors;
using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>Inner gradient steps on the head alone: W ← W − αₛ Zᵀ G, b ← b − αₛ Σᵢ gᵢ, with G the loss's gradient by the scores.</summary>
/// <remarks>
/// The inner gradient is written out, so the outer gradient through it is exact (second order) by ordinary
/// differentiation. Cost O(steps · rows · embedding · outputs). Source: Raghu et al., Rapid Learning or Feature Reuse?
/// (ANIL), 2020, arXiv 1909.09157; learned rates and multi-step loss as in MAML++, arXiv 1810.09502.
/// </remarks>
public sealed class HeadGradientAdapter : GradientAdapter, IManagedAdapter
{
    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">Steps, rates and first head.</param>
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
            (_, tasks) => Gradient(z, gradientOf(tasks.Score(z))));
    }

    private protected override DescentStart? StartOf(AdaptationInput input, Tensor? query)
    {
        if (input.ClassMask.device_type != TorchSharp.DeviceType.CPU)
            return null;
        Tensor z = input.EmbedSupport();
        return new DescentStart(
            new Perceptron(Shape.EmbeddingDimension),
            HeadParts(input, 0),
            new FlatTensors(HeadShapes(input)),
            DescentStart.Join(HeadStart(input, new Lazy<Tensor>(z)), input.ClassMask.shape[0]),
            z,
            query is null ? null : input.Encoder.Forward(input.EncoderParameters, query, input.Dropout));
    }

    /// <summary>The gradient of a loss by a head, from that by its scores: (ZᵀG, Σᵢ gᵢ), one beside the other.</summary>
    /// <param name="z">Float [tasks, rows, embedding].</param>
    /// <param name="byScores">G: float [tasks, rows, outputs].</param>
    /// <returns>Float [tasks, (embedding + 1) · outputs].</returns>
    internal static Tensor Gradient(Tensor z, Tensor byScores) => FlatTensors.Join([z.transpose(1, 2).bmm(byScores), byScores.sum(1L)]);

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        LinearHead head = InitialHeadOf(parameters, support);
        int dimension = Shape.EmbeddingDimension, outputs = support.OutputCount, rows = support.RowCount;
        float total = MathF.Max(TensorPrimitives.Sum<float>(support.Weights), 1e-12f);
        var gradients = new float[rows * outputs];
        for (int step = 0; step < Options.InnerSteps; step++)
        {
            for (int row = 0; row < rows; row++)
            {
                Span<float> gradient = gradients.AsSpan(row * outputs, outputs);
                head.Score(support.Row(row, dimension), gradient);
                LossGradient(gradient, support.Labels[row]);
                TensorPrimitives.Multiply(gradient, support.Weights[row] / total, gradient);
            }

            LinearHead direction = Gradient(support, gradients, outputs), rates = HeadRates(parameters, step, outputs);
            float norm = MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(direction.Weights) + TensorPrimitives.SumOfSquares<float>(direction.Bias));
            float factor = MathF.Min(1, (float)Options.MaximumInnerGradientNorm / norm);
            Move(head.Weights, direction.Weights, rates.Weights, factor);
            Move(head.Bias, direction.Bias, rates.Bias, factor);
        }

        return head;
    }

    // Of the loss by the head: Σᵢ gᵢ zᵢ for the weights, Σᵢ gᵢ for the bias.
    private LinearHead Gradient(EmbeddedTask support, float[] byScores, int outputs)
    {
        int dimension = Shape.EmbeddingDimension;
        var gradient = new LinearHead(new float[outputs * dimension], new float[outputs]);
        for (int row = 0; row < support.RowCount; row++)
        {
            for (int k = 0; k < outputs; k++)
            {
                float byScore = byScores[row * outputs + k];
                Span<float> weights = gradient.Weights.AsSpan(k * dimension, dimension);
                TensorPrimitives.MultiplyAdd(support.Row(row, dimension), byScore, weights, weights);
                gradient.Bias[k] += byScore;
            }
        }

        return gradient;
    }

    // values ← values − rates · gradient · factor
    private static void Move(float[] values, float[] gradient, float[] rates, float factor)
    {
        TensorPrimitives.Multiply(gradient, rates, gradient);
        TensorPrimitives.MultiplyAdd(gradient, -factor, values, values);
    }

    // Scores of a row become the loss's gradient by them: see LabelLoss.Gradient.
    private void LossGradient(Span<float> scores, float label)
    {
        switch (Shape.Kind)
        {
            case LabelKind.Binary:
                scores[0] = 1 / (1 + MathF.Exp(-scores[0])) - label;
                break;
            case LabelKind.Multiclass:
                Softmax.Apply(scores, scores);
                scores[(int)label] -= 1;
                break;
            default:
                scores[0] = 2 * (scores[0] - label);
                break;
        }
    }
}
