using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.Logistic;

/// <summary>W = argmin_V Σᵢ sᵢ ℓ(yᵢ, z̃ᵢV) + ½‖B⁻¹(V − V₀)‖², with ℓ = −log p(y) the cross-entropy or the loss of a count, z̃ = (z, 1), B = diag(b) F, and s the example weights: the base of the adapters by logistic and count regression.</summary>
/// <remarks>
/// <para>Newton's method in double precision runs to convergence. The penalty makes the minimum unique, also for linearly
/// separable classes and for classes without rows. V₀ is learned if all tasks have the same outputs, else it is 0.</para>
/// <para>With V = V₀ + BU, P = Z̃B and J the objective, the minimum U* has ∇J(U*, θ) = 0, so that dU*/dθ = −H⁻¹ ∂∇J/∂θ, with
/// H = ∂∇J/∂U (the implicit function theorem). U* is computed without libtorch for one task after the other, because
/// tasks need different numbers of steps and no step is differentiated (<see cref="PenalizedFit"/>). Then one step for all
/// tasks at once, U* − H⁻¹ ∇J(U*, θ) with constant U* and H, has the value U* and exactly this derivative
/// (<see cref="LogisticHessian"/>).</para>
/// <para>Sources: Bertinetto et al., Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136 (LR-D2, a
/// binary head from a fixed number of Newton steps); Rajeswaran et al., Meta-Learning with Implicit Gradients, 2019, arXiv
/// 1909.04630. Deviations: convergence, any number of classes, and V₀.</para>
/// </remarks>
internal abstract class GeneralizedLinearAdapter : IManagedAdapter
{
    private const string Prior = "prior_head";

    private readonly int _priorIndex;
    private readonly int _effectsIndex;

    private protected GeneralizedLinearAdapter(HeadShape shape, IEnumerable<ParameterSpec> priorScale, bool isTrained)
    {
        Shape = shape;
        List<ParameterSpec> parameters = [.. priorScale];
        _priorIndex = shape.HasCommonOutputs ? parameters.Count : -1;
        if (shape.CommonOutputs is { } outputs)
            parameters.Add(ParameterSpec.Constant(Prior, 0, shape.EmbeddingDimension + 1, outputs) with { IsTrained = isTrained }); // the last row is the intercept
        _effectsIndex = shape.CovariateCount > 0 ? parameters.Count : -1;
        parameters.AddRange(CovariateEffects.Specs(shape, isTrained));
        Parameters = parameters;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; }

    private protected HeadShape Shape { get; }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        Tensor embeddings = input.EmbedSupport();
        Tensor z = embeddings.to(ScalarType.Float64); // [tasks, rows, embedding]
        long tasks = z.shape[0], rows = z.shape[1], dimension = Shape.EmbeddingDimension;
        Tensor augmented = cat([z, z.new_ones(tasks, rows, 1, dtype: z.dtype)], -1); // Z̃ [tasks, rows, embedding + 1]
        Tensor priorScale = PriorScale(input.AdapterParameters).to(z.dtype); // b [embedding + 1]
        Tensor? factor = Factor(input.AdapterParameters)?.to(z.dtype).unsqueeze(0).expand(tasks, dimension + 1, dimension + 1); // F
        Tensor prior = Shape.HasCommonOutputs // V₀ [tasks, embedding + 1, outputs]
            ? CovariateEffects.Shift(input.AdapterParameters[Prior].to(z.dtype), input, tasks)
            : z.new_zeros(tasks, dimension + 1, input.OutputCount, dtype: z.dtype);

        Tensor p = augmented * priorScale, minimum = Minimum(input, embeddings); // U* [tasks, embedding + 1, outputs]
        if (factor is not null)
            p = p.bmm(factor);
        var support = new RowBatch(z, input.Support.Labels.to(z.dtype), input.Support.Weights.to(z.dtype)) { Exposures = input.Support.Exposures?.to(z.dtype) };
        var (predictions, targets, curvatures) = Predict(input, augmented.bmm(prior).Plus(p.bmm(minimum)), support); // [tasks, rows, outputs]
        Tensor residual = (predictions - targets) * support.Weights.unsqueeze(-1);
        Tensor gradient = minimum.Plus(p.transpose(1, 2).bmm(residual)); // ∇J(U*, θ)
        var hessian = new LogisticHessian(p.detach(), support.Weights, curvatures.detach(), Shape.Kind == LabelKind.Multiclass ? predictions.detach() : null);
        Tensor move = minimum - hessian.Solve(gradient);
        Tensor head = prior.Plus((factor is null ? move : factor.bmm(move)) * priorScale.unsqueeze(-1)).to(embeddings.dtype); // [tasks, embedding + 1, outputs]
        return new AdaptedTasks(input.EncoderParameters, head.narrow(1, 0, dimension), head.narrow(1, dimension, 1).squeeze(1));
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        var (scale, factor) = RootOf(parameters, support.Prior);
        PenalizedFit fit = Fit(parameters, support, scale, factor);
        return Complete(fit.ToHead(fit.Minimize()), parameters, fit, scale, factor);
    }

    // V₀ is the logistic regression of the pooled rows.
    void IAdapter.StartFromPooled(IReadOnlyList<ParameterArray> parameters, EmbeddedTask pooled)
    {
        if (PriorHead(parameters) is not { } prior || !Parameters[_priorIndex].IsTrained)
            return;
        LinearHead head = PooledHead.Logistic(Shape.Kind, pooled);
        int dimension = Shape.EmbeddingDimension, outputs = head.OutputCount;
        for (int i = 0; i < prior.Values.Length; i++)
            prior.Values[i] = i / outputs < dimension ? head.Weights[i % outputs * dimension + i / outputs] : head.Bias[i % outputs];
    }

    /// <inheritdoc/>
    public void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks) => CompletePrior(parameters, trainingTasks, PriorLimits.None);

    /// <inheritdoc/>
    public virtual void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits)
    {
    }

    /// <inheritdoc/>
    public virtual IPriorEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks) => new StoredTasks(this, trainingTasks);

    /// <inheritdoc/>
    public virtual int MostPriorTasks(double meanRows) => int.MaxValue;

    /// <summary>b: the prior scale of each slope and, last, of the intercept. Float [embedding + 1].</summary>
    private protected abstract Tensor PriorScale(ParameterSet learned);

    /// <summary>The same without libtorch.</summary>
    private protected abstract double[] PriorScale(IReadOnlyList<float[]> parameters);

    /// <summary>F: the correlation of slopes. Float [embedding + 1, embedding + 1], or null for the identity.</summary>
    private protected virtual Tensor? Factor(ParameterSet learned) => null;

    /// <summary>The same without libtorch, row-major.</summary>
    private protected virtual double[]? Factor(IReadOnlyList<float[]> parameters) => null;

    /// <summary>A head with its predictive variance and, for counts, their distribution.</summary>
    /// <param name="head">The head.</param>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="fit">The fit, at its minimum.</param>
    /// <param name="scale">b of the task.</param>
    /// <param name="factor">F of the task, or null for the identity.</param>
    private protected virtual LinearHead Complete(LinearHead head, IReadOnlyList<float[]> parameters, PenalizedFit fit, double[] scale, double[]? factor) => head;

    /// <summary>B of a task in groups, row-major; only for adapters that take groups.</summary>
    private protected virtual double[] Root(IReadOnlyList<float[]> parameters, TaskPrior prior) => throw new NotSupportedException();

    /// <summary>The likelihood of counts; null if labels are classes.</summary>
    private protected virtual CountLikelihood? Counts(IReadOnlyList<float[]> parameters) => null;

    /// <summary>The predictions of scores, their targets, and the derivatives of the predictions by the scores (not used for more than two classes), all float64 [tasks, rows, outputs].</summary>
    /// <param name="input">The parameters and the class mask.</param>
    /// <param name="scores">Float64 [tasks, rows, outputs].</param>
    /// <param name="rows">Labels, weights and exposures, in float64.</param>
    private protected virtual (Tensor Predictions, Tensor Targets, Tensor Curvatures) Predict(AdaptationInput input, Tensor scores, RowBatch rows)
    {
        Tensor probabilities = LabelLoss.Probabilities(Shape.Kind, scores, input.ClassMask.to(scores.dtype));
        return (probabilities, LabelLoss.Indicators(Shape.Kind, rows, input.OutputCount), probabilities - probabilities.Squared());
    }

    /// <summary>The parameter of the effects of covariates, [covariates, embedding + 1, outputs]; null if there are none.</summary>
    private protected ParameterArray? Effects(IReadOnlyList<ParameterArray> parameters) => _effectsIndex >= 0 ? parameters[_effectsIndex] : null;

    /// <summary>The parameter V₀, [embedding + 1, outputs]; null if V₀ is 0.</summary>
    private protected ParameterArray? PriorHead(IReadOnlyList<ParameterArray> parameters) => _priorIndex >= 0 ? parameters[_priorIndex] : null;

    private (double[] Scale, double[]? Factor) RootOf(IReadOnlyList<float[]> parameters, TaskPrior? prior)
    {
        if (prior is null)
            return (PriorScale(parameters), Factor(parameters));
        var ones = new double[Shape.EmbeddingDimension + 1];
        Array.Fill(ones, 1);
        return (ones, Root(parameters, prior));
    }

    private PenalizedFit Fit(IReadOnlyList<float[]> parameters, EmbeddedTask support, double[] scale, double[]? factor) =>
        new(Shape.Kind, support, Centre(parameters, support), scale, factor, Counts(parameters));

    // U*: float64 [tasks, embedding + 1, outputs], without gradients; 0 for outputs that a task lacks.
    private Tensor Minimum(AdaptationInput input, Tensor embeddings)
    {
        int tasks = (int)embeddings.shape[0], rows = (int)embeddings.shape[1], outputs = input.OutputCount, dimension = Shape.EmbeddingDimension;
        float[] z = ParameterSet.ToArray(embeddings), labels = ParameterSet.ToArray(input.Support.Labels), weights = ParameterSet.ToArray(input.Support.Weights);
        float[] mask = ParameterSet.ToArray(input.ClassMask);
        float[][] parameters = [.. input.AdapterParameters.Tensors.Select(ParameterSet.ToArray)];
        float[] covariates = input.Covariates is { } values ? ParameterSet.ToArray(values) : [], exposures = input.Support.Exposures is { } known ? ParameterSet.ToArray(known) : [];
        var minima = new double[tasks * outputs * (dimension + 1)];
        for (int t = 0; t < tasks; t++)
        {
            Range taskRows = (t * rows)..((t + 1) * rows);
            int taskOutputs = (int)TensorPrimitives.Sum<float>(mask.AsSpan(t * outputs, outputs)); // the outputs that a task lacks come last
            var support = new EmbeddedTask(z.AsMemory(t * rows * dimension, rows * dimension), dimension, labels[taskRows], weights[taskRows], taskOutputs)
            {
                Covariates = covariates.Length > 0 ? covariates[(t * Shape.CovariateCount)..((t + 1) * Shape.CovariateCount)] : [],
                Exposures = exposures.Length > 0 ? exposures[taskRows] : [],
            };
            Fit(parameters, support, PriorScale(parameters), Factor(parameters)).Minimize().CopyTo(minima, t * outputs * (dimension + 1));
        }

        return tensor(minima, [tasks, outputs, dimension + 1], device: embeddings.device).transpose(1, 2);
    }

    // V₀ [outputs, embedding + 1].
    private double[] Centre(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int width = Shape.EmbeddingDimension + 1, outputs = support.OutputCount;
        var centre = new double[outputs * width];
        if (_priorIndex < 0)
            return centre;
        float[] prior = CovariateEffects.Shift(parameters[_priorIndex], _effectsIndex >= 0 ? parameters[_effectsIndex] : null, support.Covariates);
        prior = support.Prior?.Move(prior) ?? prior;
        for (int i = 0; i < centre.Length; i++)
            centre[i] = prior[i % width * outputs + i / width];
        return centre;
    }
}
