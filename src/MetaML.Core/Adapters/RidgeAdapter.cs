using System.Numerics.Tensors;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>
/// W = α · argmin_V Σᵢ sᵢ‖yᵢ − z̃ᵢV‖² + ‖Λ^½(V − V₀)‖², with z̃ = (z, 1), Λ = diag(λ, …, λ, λ₀), and s the example weights.
/// </summary>
/// <remarks>
/// Meta-learned: penalties λ (slopes) and λ₀ (intercept), scale α (classes), and V₀ where all tasks' outputs mean the same
/// (else V₀ = 0). Labels are −1 and 1 (binary), one-hot (multiclass), or the values (regression). With
/// P = S^½ Z̃ Λ^−½ the solution is V₀ + Λ^−½ (PᵀP + I)⁻¹ Pᵀ R = V₀ + Λ^−½ Pᵀ (PPᵀ + I)⁻¹ R, R = S^½(Y − Z̃V₀):
/// whichever system is smaller is solved, so the cost is O(min(rows, embedding)³). Source: Bertinetto et al.,
/// Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136; the learned V₀ and the intercept's own
/// penalty are additions.
/// </remarks>
public sealed class RidgeAdapter : IManagedAdapter
{
    private const string Penalty = "log_penalty";
    private const string InterceptPenalty = "log_intercept_penalty";
    private const string Scale = "log_scale";
    private const string Prior = "prior_head";

    private readonly HeadShape _shape;
    private readonly List<ParameterSpec> _parameters;
    private readonly bool _isScaled;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">First value of the penalty.</param>
    public RidgeAdapter(HeadShape shape, RidgeAdapterOptions options)
    {
        _shape = shape;
        _isScaled = shape.Kind != LabelKind.Regression;
        float penalty = (float)Math.Log(options.InitialPenalty);
        _parameters =
        [
            ParameterSpec.Constant(Penalty, penalty) with { LearningRateFactor = 10 },
            ParameterSpec.Constant(InterceptPenalty, penalty) with { LearningRateFactor = 10 },
        ];
        if (_isScaled)
            _parameters.Add(ParameterSpec.Constant(Scale, MathF.Log(shape.Kind == LabelKind.Binary ? 3 : 6)) with { LearningRateFactor = 10 });
        if (shape.CommonOutputs is { } outputs)
            _parameters.Add(ParameterSpec.Constant(Prior, 0, shape.EmbeddingDimension + 1, outputs)); // the last row is the intercept
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        ParameterSet learned = input.AdapterParameters;
        Tensor z = input.EmbedSupport(); // [tasks, rows, embedding]
        long tasks = z.shape[0], rows = z.shape[1], width = _shape.EmbeddingDimension + 1;
        Tensor one = z.new_ones(tasks, rows, 1, dtype: z.dtype);
        Tensor root = input.Support.Weights.sqrt().unsqueeze(-1); // S^½ [tasks, rows, 1]
        Tensor augmented = cat([z, one], -1) * root; // S^½ Z̃ [tasks, rows, embedding + 1]
        Tensor shrink = cat([learned[Penalty].Times(-0.5).exp().expand(width - 1), learned[InterceptPenalty].Times(-0.5).exp().reshape(1)], 0); // Λ^−½
        Tensor p = augmented * shrink;

        Tensor residual = Targets(input) * root; // [tasks, rows, outputs]
        if (_shape.HasPrior)
            residual = residual - augmented.bmm(PriorHead(learned, tasks));

        Tensor solution = rows < width // [tasks, embedding + 1, outputs]
            ? p.transpose(1, 2).bmm(linalg.solve(p.bmm(p.transpose(1, 2)).Plus(Identity(z, rows)), residual))
            : linalg.solve(p.transpose(1, 2).bmm(p).Plus(Identity(z, width)), p.transpose(1, 2).bmm(residual));
        Tensor head = solution * shrink.unsqueeze(-1);
        if (_shape.HasPrior)
            head = head.Plus(PriorHead(learned, tasks));
        if (_isScaled)
            head = head * learned[Scale].exp();
        return new AdaptedTasks(input.EncoderParameters, head.narrow(1, 0, width - 1), head.narrow(1, width - 1, 1).squeeze(1));
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int dimension = _shape.EmbeddingDimension, width = dimension + 1, outputs = support.OutputCount, rows = support.RowCount;
        float shrink = MathF.Exp(-0.5f * parameters[0][0]), interceptShrink = MathF.Exp(-0.5f * parameters[1][0]);
        float[]? prior = _shape.HasPrior ? parameters[^1] : null;

        var p = new float[rows * width]; // S^½ Z̃ Λ^−½
        var residual = new double[rows * outputs];
        for (int row = 0; row < rows; row++)
        {
            float root = MathF.Sqrt(support.Weights[row]);
            ReadOnlySpan<float> z = support.Row(row, dimension);
            TensorPrimitives.Multiply(z, root * shrink, p.AsSpan(row * width, dimension));
            p[row * width + dimension] = root * interceptShrink;
            for (int k = 0; k < outputs; k++)
                residual[row * outputs + k] = root * (Target(support.Labels[row], k) - (prior is null ? 0 : PriorScore(prior, z, k, outputs)));
        }

        double[] solution = rows < width
            ? TransposeMultiply(p, rows, width, SolveGram(p, rows, width, residual, outputs), outputs)
            : SolveNormal(p, rows, width, TransposeMultiply(p, rows, width, residual, outputs), outputs);

        float scale = _isScaled ? MathF.Exp(parameters[2][0]) : 1;
        var head = new LinearHead(new float[outputs * dimension], new float[outputs]);
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = scale * (float)(shrink * solution[j * outputs + k] + (prior?[j * outputs + k] ?? 0));
            head.Bias[k] = scale * (float)(interceptShrink * solution[dimension * outputs + k] + (prior?[dimension * outputs + k] ?? 0));
        }

        return head;
    }

    private Tensor Targets(AdaptationInput input) => _shape.Kind switch
    {
        LabelKind.Binary => input.Support.Labels.Times(2).Plus(-1).unsqueeze(-1),
        LabelKind.Multiclass => input.Support.OneHot(input.OutputCount),
        _ => input.Support.Labels.unsqueeze(-1),
    };

    private float Target(float label, int output) => _shape.Kind switch
    {
        LabelKind.Binary => 2 * label - 1,
        LabelKind.Multiclass => label == output ? 1 : 0,
        _ => label,
    };

    private static Tensor PriorHead(ParameterSet learned, long tasks) => learned[Prior].unsqueeze(0).expand(tasks, -1, -1);

    private static Tensor Identity(Tensor like, long size) => eye(size, dtype: like.dtype, device: like.device);

    private static float PriorScore(float[] prior, ReadOnlySpan<float> z, int output, int outputs)
    {
        float score = prior[z.Length * outputs + output];
        for (int j = 0; j < z.Length; j++)
            score += z[j] * prior[j * outputs + output];
        return score;
    }

    // (PPᵀ + I)⁻¹ R
    private static double[] SolveGram(float[] p, int rows, int width, double[] residual, int outputs)
    {
        var gram = new double[rows * rows];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[i * rows + j] = TensorPrimitives.Dot<float>(p.AsSpan(i * width, width), p.AsSpan(j * width, width));
            gram[i * rows + i] += 1;
        }

        Cholesky.Solve(gram, rows, residual, outputs);
        return residual;
    }

    // (PᵀP + I)⁻¹ B
    private static double[] SolveNormal(float[] p, int rows, int width, double[] right, int outputs)
    {
        var lower = new float[width * width];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> values = p.AsSpan(row * width, width);
            for (int i = 0; i < width; i++)
            {
                Span<float> target = lower.AsSpan(i * width, i + 1);
                TensorPrimitives.MultiplyAdd(values[..(i + 1)], values[i], target, target);
            }
        }

        double[] normal = Array.ConvertAll(lower, value => (double)value);
        for (int i = 0; i < width; i++)
            normal[i * width + i] += 1;
        Cholesky.Solve(normal, width, right, outputs);
        return right;
    }

    // Pᵀ B
    private static double[] TransposeMultiply(float[] p, int rows, int width, double[] b, int outputs)
    {
        var product = new double[width * outputs];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < width; j++)
            {
                double value = p[row * width + j];
                for (int k = 0; k < outputs; k++)
                    product[j * outputs + k] += value * b[row * outputs + k];
            }
        }

        return product;
    }
}
