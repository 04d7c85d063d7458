using System.Numerics.Tensors;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>W = argmin_V Σᵢ sᵢ ℓ(yᵢ, z̃ᵢV) + ½‖B⁻¹(V − V₀)‖², with ℓ the cross-entropy, z̃ = (z, 1), B = diag(λ^−½, …, λ^−½, λ₀^−½), and s the example weights.</summary>
/// <remarks>
/// <para>Fitted to convergence by Newton's method, in double precision; the penalty makes the minimum unique, also for
/// classes that a line separates or that no row has. Meta-learned: λ on slopes and λ₀ on the intercept, and V₀ where all
/// tasks' outputs mean the same, else 0.</para>
/// <para>With V = V₀ + BU, P = Z̃B and J the objective, the minimum U* has ∇J(U*, θ) = 0, so that dU*/dθ = −H⁻¹ ∂∇J/∂θ, with
/// H = ∂∇J/∂U (the implicit function theorem). U* is found without libtorch, task by task, since tasks need different
/// numbers of steps and none is differentiated (<see cref="PenalizedFit"/>). Then one step for all tasks at once,
/// U* − H⁻¹ ∇J(U*, θ) with U* and H taken for constants, has the value U* and exactly this derivative
/// (<see cref="LogisticHessian"/>).</para>
/// <para>Sources: Bertinetto et al., Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136 (LR-D2, a
/// binary head by a fixed number of Newton's steps); Rajeswaran et al., Meta-Learning with Implicit Gradients, 2019, arXiv
/// 1909.04630. Deviations: to convergence, any number of classes, V₀, and the intercept's own penalty.</para>
/// </remarks>
public sealed class LogisticAdapter : IManagedAdapter
{
    private const string Prior = "prior_head";

    private readonly HeadShape _shape;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Binary or multiclass.</param>
    /// <param name="options">First value of the penalties.</param>
    /// <exception cref="ArgumentException">Regression labels are not classes.</exception>
    public LogisticAdapter(HeadShape shape, LogisticAdapterOptions options)
    {
        if (shape.Kind == LabelKind.Regression)
            throw NotForValues(nameof(LogisticAdapter));
        _shape = shape;
        Parameters = shape.CommonOutputs is { } outputs
            ? [.. LearnedPenalty.Specs(options.InitialPenalty), ParameterSpec.Constant(Prior, 0, shape.EmbeddingDimension + 1, outputs)] // the last row is the intercept
            : [.. LearnedPenalty.Specs(options.InitialPenalty)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor embeddings = input.EmbedSupport();
        Tensor z = embeddings.to(ScalarType.Float64); // [tasks, rows, embedding]
        long tasks = z.shape[0], rows = z.shape[1], dimension = _shape.EmbeddingDimension;
        Tensor augmented = cat([z, z.new_ones(tasks, rows, 1, dtype: z.dtype)], -1); // Z̃ [tasks, rows, embedding + 1]
        Tensor spread = LearnedPenalty.Spread(input.AdapterParameters, _shape.EmbeddingDimension).to(z.dtype); // the diagonal of B
        Tensor prior = _shape.HasPrior // V₀ [tasks, embedding + 1, outputs]
            ? input.AdapterParameters[Prior].to(z.dtype).unsqueeze(0).expand(tasks, -1, -1)
            : z.new_zeros(tasks, dimension + 1, input.OutputCount, dtype: z.dtype);

        Tensor p = augmented * spread, minimum = Minimum(input, embeddings); // U* [tasks, embedding + 1, outputs]
        var support = new RowBatch(z, input.Support.Labels.to(z.dtype), input.Support.Weights.to(z.dtype));
        Tensor probabilities = LabelLoss.Probabilities(_shape.Kind, augmented.bmm(prior).Plus(p.bmm(minimum)), input.ClassMask.to(z.dtype)); // [tasks, rows, outputs]
        Tensor residual = (probabilities - LabelLoss.Indicators(_shape.Kind, support, input.OutputCount)) * support.Weights.unsqueeze(-1);
        Tensor gradient = minimum.Plus(p.transpose(1, 2).bmm(residual)); // ∇J(U*, θ)
        var hessian = new LogisticHessian(p.detach(), support.Weights, probabilities.detach(), isCoupled: _shape.Kind == LabelKind.Multiclass);
        Tensor head = prior.Plus((minimum - hessian.Solve(gradient)) * spread.unsqueeze(-1)).to(embeddings.dtype); // [tasks, embedding + 1, outputs]
        return new AdaptedTasks(input.EncoderParameters, head.narrow(1, 0, dimension), head.narrow(1, dimension, 1).squeeze(1));
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        PenalizedFit fit = Fit(parameters, support);
        return fit.ToHead(fit.Minimize());
    }

    internal static ArgumentException NotForValues(string what) =>
        new($"{what} must be used with classes; got regression labels. Logistic regression gives the probability of a class. Use RidgeAdapterOptions or BayesianAdapterOptions.");

    private PenalizedFit Fit(IReadOnlyList<float[]> parameters, EmbeddedTask support) =>
        new(_shape.Kind, support, PriorHead(parameters, support.OutputCount), Math.Exp(parameters[0][0]), Math.Exp(parameters[1][0]));

    // U*: a constant, float64 [tasks, embedding + 1, outputs]; 0 for outputs that a task lacks.
    private Tensor Minimum(AdaptationInput input, Tensor embeddings)
    {
        int tasks = (int)embeddings.shape[0], rows = (int)embeddings.shape[1], outputs = input.OutputCount, dimension = _shape.EmbeddingDimension;
        float[] z = ParameterSet.ToArray(embeddings), labels = ParameterSet.ToArray(input.Support.Labels), weights = ParameterSet.ToArray(input.Support.Weights);
        float[] mask = ParameterSet.ToArray(input.ClassMask);
        float[][] parameters = [.. input.AdapterParameters.Tensors.Select(ParameterSet.ToArray)];
        var minima = new double[tasks * outputs * (dimension + 1)];
        for (int t = 0; t < tasks; t++)
        {
            Range own = (t * rows)..((t + 1) * rows);
            int ownOutputs = (int)TensorPrimitives.Sum<float>(mask.AsSpan(t * outputs, outputs)); // those that a task lacks are the last
            var support = new EmbeddedTask(z[(t * rows * dimension)..((t + 1) * rows * dimension)], labels[own], weights[own], ownOutputs);
            Fit(parameters, support).Minimize().CopyTo(minima, t * outputs * (dimension + 1));
        }

        return tensor(minima, [tasks, outputs, dimension + 1], device: embeddings.device).transpose(1, 2);
    }

    private LinearHead PriorHead(IReadOnlyList<float[]> parameters, int outputs)
    {
        int dimension = _shape.EmbeddingDimension;
        var head = new LinearHead(new float[outputs * dimension], new float[outputs]);
        if (!_shape.HasPrior)
            return head;
        float[] prior = parameters[2];
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = prior[j * outputs + k];
            head.Bias[k] = prior[dimension * outputs + k];
        }

        return head;
    }
}
