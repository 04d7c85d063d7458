using System.Numerics.Tensors;
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
        var (startWeights, startBias) = InitialHeads(input, new Lazy<Tensor>(z));
        Tensor weights = startWeights, bias = startBias;
        var steps = new List<AdaptedTasks>();
        for (int step = 0; step < Options.InnerSteps; step++)
        {
            Tensor gradient = LabelLoss.Gradient(Shape.Kind, z.bmm(weights).Plus(bias.unsqueeze(1)), input.Support, input.ClassMask); // [tasks, rows, outputs]
            Tensor byWeights = z.transpose(1, 2).bmm(gradient), byBias = gradient.sum(1L);
            if (IsFirstOrder(input))
                (byWeights, byBias) = (byWeights.detach(), byBias.detach());
            Tensor[] rates = Rates.At(input, step);
            weights = weights - byWeights * rates[0];
            bias = bias - byBias * rates[1];
            steps.Add(new AdaptedTasks(input.EncoderParameters, weights, bias));
        }

        CheckFinite(input, [startWeights, startBias], [weights, bias]);
        return Finish(input, steps);
    }

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

            Move(head, gradients, support, HeadRates(parameters, step, outputs));
        }

        return head;
    }

    // One step against the gradient of the loss, Σᵢ gᵢ zᵢ for the weights and Σᵢ gᵢ for the bias.
    private void Move(LinearHead head, float[] gradients, EmbeddedTask support, LinearHead rates)
    {
        int dimension = Shape.EmbeddingDimension, outputs = head.OutputCount;
        var direction = new float[dimension];
        for (int k = 0; k < outputs; k++)
        {
            Array.Clear(direction);
            float total = 0;
            for (int row = 0; row < support.RowCount; row++)
            {
                float gradient = gradients[row * outputs + k];
                TensorPrimitives.MultiplyAdd(support.Row(row, dimension), gradient, direction, direction);
                total += gradient;
            }

            Span<float> weights = head.Weights.AsSpan(k * dimension, dimension);
            TensorPrimitives.Multiply(direction, rates.Weights.AsSpan(k * dimension, dimension), direction);
            TensorPrimitives.Subtract(weights, direction, weights);
            head.Bias[k] -= rates.Bias[k] * total;
        }
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
                TensorPrimitives.SoftMax(scores, scores);
                scores[(int)label] -= 1;
                break;
            default:
                scores[0] = 2 * (scores[0] - label);
                break;
        }
    }
}
