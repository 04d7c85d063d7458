using System.Numerics.Tensors;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>Inner gradient steps on the head alone: W ← W − αₛ Zᵀ G, b ← b − αₛ Σᵢ gᵢ, with G the loss's gradient by the scores.</summary>
/// <remarks>
/// The inner gradient is written out, so the outer gradient through it is exact (second order) by ordinary
/// differentiation. Cost O(steps · rows · embedding · outputs). Source: Raghu et al., Rapid Learning or Feature Reuse?
/// (ANIL), 2020, arXiv 1909.09157; learned rates as in MAML++, arXiv 1810.09502.
/// </remarks>
public sealed class HeadGradientAdapter : GradientAdapter, IManagedAdapter
{
    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">Steps, rates and first head.</param>
    public HeadGradientAdapter(HeadShape shape, GradientAdapterOptions options)
        : base(shape, options, ratesPerStep: 1)
    {
    }

    /// <inheritdoc/>
    public override AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor z = input.EmbedSupport(); // [tasks, rows, embedding]
        var (weights, bias) = InitialHeads(input, new Lazy<Tensor>(z));
        for (int step = 0; step < Options.InnerSteps; step++)
        {
            Tensor gradient = LabelLoss.Gradient(Shape.Kind, z.bmm(weights).Plus(bias.unsqueeze(1)), input.Support, input.ClassMask); // [tasks, rows, outputs]
            Tensor byWeights = z.transpose(1, 2).bmm(gradient), byBias = gradient.sum(1L);
            if (Options.FirstOrder)
                (byWeights, byBias) = (byWeights.detach(), byBias.detach());
            Tensor rate = Rate(input, step, 0);
            weights = weights - byWeights * rate;
            bias = bias - byBias * rate;
        }

        return new AdaptedTasks(input.EncoderParameters, weights, bias);
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

            float rate = Rate(parameters, step);
            for (int row = 0; row < rows; row++)
            {
                for (int k = 0; k < outputs; k++)
                {
                    float move = -rate * gradients[row * outputs + k];
                    Span<float> weights = head.Weights.AsSpan(k * dimension, dimension);
                    TensorPrimitives.MultiplyAdd(support.Row(row, dimension), move, weights, weights);
                    head.Bias[k] += move;
                }
            }
        }

        return head;
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
