using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.Statistics;
using static MetaML.Numerics.ClosedFormAlgebra;
using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>
/// W = α · argmin_V Σᵢ sᵢ‖yᵢ − z̃ᵢV‖² + ‖B⁻¹(V − V₀)‖², with z̃ = (z, 1), B = diag(b) F, and s the example weights: the base of the adapters with a solution in closed form.
/// </summary>
/// <remarks>
/// Labels are −1 and 1 (binary), one-hot (multiclass), or the values (regression). With P = S^½ Z̃ B the solution is
/// V₀ + B (PᵀP + I)⁻¹ Pᵀ R = V₀ + B Pᵀ (PPᵀ + I)⁻¹ R, R = S^½(Y − Z̃V₀) (Woodbury). The smaller of the two systems is solved,
/// so the cost is O(min(rows, embedding)³). V₀ is learned if all tasks have the same outputs, else it is 0. Binary scores also
/// have a learned <see cref="ScoreOffset"/>.
/// </remarks>
internal abstract class ClosedFormAdapter : IMomentAdapter
{
    private const string Scale = "log_scale";
    private const string Prior = "prior_head";

    private readonly List<ParameterSpec> _parameters = [];
    private readonly int _scaleIndex;
    private readonly int _priorIndex;
    private readonly int _offsetIndex;
    private readonly int _effectsIndex;

    private protected ClosedFormAdapter(HeadShape shape, IEnumerable<ParameterSpec> priorScale, bool isTrained)
    {
        Shape = shape;
        _parameters.AddRange(priorScale);
        _scaleIndex = shape.Kind == LabelKind.Regression ? -1 : _parameters.Count;
        if (_scaleIndex >= 0)
            _parameters.Add(ParameterSpec.Constant(Scale, MathF.Log(shape.Kind == LabelKind.Binary ? 3 : 6)) with { LearningRateFactor = 10, IsTrained = isTrained });
        _priorIndex = shape.HasCommonOutputs ? _parameters.Count : -1;
        if (shape.CommonOutputs is { } outputs)
            _parameters.Add(ParameterSpec.Constant(Prior, 0, shape.EmbeddingDimension + 1, outputs) with { IsTrained = isTrained }); // the last row is the intercept
        _offsetIndex = shape.Kind == LabelKind.Binary ? _parameters.Count : -1;
        _parameters.AddRange(ScoreOffset.Specs(shape.Kind, isTrained));
        _effectsIndex = shape.CovariateCount > 0 ? _parameters.Count : -1;
        _parameters.AddRange(CovariateEffects.Specs(shape, isTrained));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    private protected HeadShape Shape { get; }

    /// <inheritdoc/>
    public AdaptedTasks Adapt(AdaptationInput input)
    {
        ParameterSet learned = input.AdapterParameters;
        Tensor z = input.EmbedSupport(); // [tasks, rows, embedding]
        long tasks = z.shape[0], rows = z.shape[1], width = Shape.EmbeddingDimension + 1;
        Tensor one = z.new_ones(tasks, rows, 1, dtype: z.dtype);
        Tensor root = input.Support.Weights.sqrt().unsqueeze(-1); // S^½ [tasks, rows, 1]
        Tensor augmented = cat([z, one], -1) * root; // S^½ Z̃ [tasks, rows, embedding + 1]
        Tensor priorScale = PriorScale(learned); // b [embedding + 1]
        Tensor? factor = Factor(learned)?.unsqueeze(0).expand(tasks, width, width); // F
        Tensor p = augmented * priorScale;
        if (factor is not null)
            p = p.bmm(factor);

        Tensor residual = Targets(input) * root; // R [tasks, rows, outputs]
        Tensor? prior = Shape.HasCommonOutputs ? CovariateEffects.Shift(learned[Prior], input, tasks) : null; // V₀ [tasks, embedding + 1, outputs]
        if (prior is not null)
            residual = residual - augmented.bmm(prior);

        Tensor solution = rows < width // [tasks, embedding + 1, outputs]
            ? p.transpose(1, 2).bmm(linalg.solve(p.bmm(p.transpose(1, 2)).Plus(Identity(z, rows)), residual))
            : linalg.solve(p.transpose(1, 2).bmm(p).Plus(Identity(z, width)), p.transpose(1, 2).bmm(residual));
        Tensor head = (factor is null ? solution : factor.bmm(solution)) * priorScale.unsqueeze(-1);
        if (prior is not null)
            head = head.Plus(prior);
        if (_scaleIndex >= 0)
            head = head * learned[Scale].exp();
        Tensor bias = head.narrow(1, width - 1, 1).squeeze(1);
        return new AdaptedTasks(input.EncoderParameters, head.narrow(1, 0, width - 1), _offsetIndex >= 0 ? bias.Plus(learned[ScoreOffset.Name]) : bias);
    }

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support) =>
        support.RowCount <= Shape.EmbeddingDimension ? AdaptByRows(parameters, support) : Adapt(parameters, TaskMoments.Of(Shape.Kind, support, hasProducts: true), support.Covariates, support.Prior);

    bool IMomentAdapter.NeedsProducts => true;

    /// <inheritdoc/>
    public LinearHead Adapt(IReadOnlyList<float[]> parameters, TaskMoments moments, IReadOnlyList<float> covariates, TaskPrior? taskPrior)
    {
        int outputs = OutputsOf(moments);
        float[]? prior = PriorOf(parameters, covariates, taskPrior);
        var (priorScale, factor) = RootOf(parameters, taskPrior);
        var (normal, solution, quadratic) = Solve(moments, priorScale, factor, prior, outputs, KeepsPredictiveVariance);
        PredictiveVariance? predictive = null;
        if (KeepsPredictiveVariance)
            predictive = PredictiveVariance.Of(Math.Sqrt(NoiseVariance(parameters, moments.Weight * outputs, quadratic)), PosteriorCovariance(normal, moments.Width, priorScale, factor));
        return ToHead(parameters, prior, priorScale, factor, solution, outputs, predictive);
    }

    /// <summary>The posterior of a head in a form to which rows can be added one by one.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="moments">The moments of the task's rows.</param>
    /// <param name="covariates">The standardised covariates of the task; empty for zeros.</param>
    /// <param name="taskPrior">What the groups of the task say of it; null for nothing.</param>
    public RecursiveLeastSquares Recursive(IReadOnlyList<float[]> parameters, TaskMoments moments, IReadOnlyList<float> covariates, TaskPrior? taskPrior)
    {
        int width = moments.Width, outputs = OutputsOf(moments);
        var (priorScale, factor) = RootOf(parameters, taskPrior);
        float[]? prior = PriorOf(parameters, covariates, taskPrior);
        var (normal, solution, quadratic) = Solve(moments, priorScale, factor, prior, outputs, keepsNormal: true);
        if (factor is not null)
            solution = Multiply(factor, solution, width, outputs);
        var head = new double[outputs * width];
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < width; j++)
                head[k * width + j] = priorScale[j] * solution[j * outputs + k] + (prior?[j * outputs + k] ?? 0);
        }

        return RecursiveLeastSquares.Of(PosteriorCovariance(normal, width, priorScale, factor), head, moments.Weight, quadratic);
    }

    /// <summary>Adds a row to a posterior, or takes it away.</summary>
    /// <param name="posterior">The posterior.</param>
    /// <param name="row">The row.</param>
    /// <param name="sign">1 to add the row, −1 to take it away.</param>
    /// <returns>Whether the posterior is accurate. If not, it must be computed anew.</returns>
    public bool TryStep(RecursiveLeastSquares posterior, StoredRow row, int sign)
    {
        Span<double> targets = stackalloc double[1];
        if (posterior.OutputCount > 1)
            targets = new double[posterior.OutputCount];
        for (int k = 0; k < targets.Length; k++)
            targets[k] = Target(row.Label, k);
        return posterior.TryStep(row.Values, targets, sign * row.Weight);
    }

    /// <summary>The head of a posterior.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="posterior">The posterior.</param>
    public LinearHead ToHead(IReadOnlyList<float[]> parameters, RecursiveLeastSquares posterior)
    {
        int dimension = Shape.EmbeddingDimension, outputs = posterior.OutputCount;
        float scale = ScaleOf(parameters), offset = OffsetOf(parameters);
        var head = new LinearHead(new float[outputs * dimension], new float[outputs])
        {
            PredictiveVariance = KeepsPredictiveVariance ? posterior.ToPredictive(NoiseVariance(parameters, posterior.Weight * outputs, posterior.Quadratic)) : null,
        };
        for (int k = 0; k < outputs; k++)
        {
            ReadOnlySpan<double> values = posterior.Head(k);
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = scale * (float)values[j];
            head.Bias[k] = scale * (float)values[dimension] + offset;
        }

        return head;
    }

    // With N = BᵀAB + I: V = V₀ + B N⁻¹ Bᵀ(Σ s z̃y − AV₀). The solution is without B and V₀.
    private (double[] Normal, double[] Solution, double Quadratic) Solve(TaskMoments moments, float[] priorScale, float[]? factor, float[]? prior, int outputs, bool keepsNormal)
    {
        int width = moments.Width;
        var right = new double[width * outputs + SmallProducts<double>.Slack]; // Bᵀ(Σ s z̃y − AV₀)
        double squares = moments.SquaredLabels; // Σ s (y − V₀ᵀz̃)²
        for (int k = 0; k < outputs; k++)
        {
            double[] products = [.. moments.Sums[Shape.Kind == LabelKind.Binary ? 1 : k]]; // Σ s z̃y
            if (Shape.Kind == LabelKind.Binary)
                TensorPrimitives.Subtract(products, moments.Sums[0], products);
            if (prior is not null)
            {
                double[] mean = [.. Enumerable.Range(0, width).Select(j => (double)prior[j * outputs + k])];
                squares -= Product(mean, products);
                TensorPrimitives.Subtract(products, moments.Multiply(mean), products);
                squares -= Product(mean, products);
            }

            for (int j = 0; j < width; j++)
                right[j * outputs + k] = priorScale[j] * products[j];
        }

        double[] normal = Sandwich(moments.Products, width, priorScale, factor);
        AddIdentity(normal, width);
        if (factor is not null)
            right = TimesFactor(factor, right, width, outputs);
        double[] solution = right[..(width * outputs)];
        Cholesky.Solve(keepsNormal ? [.. normal] : normal, width, solution, outputs);
        return (normal, solution, Math.Max(squares - Product(solution, right), 0)); // rᵀ(PPᵀ + I)⁻¹r = rᵀ(r − Pv)
    }

    private int OutputsOf(TaskMoments moments) => Shape.Kind == LabelKind.Multiclass ? moments.Sums.Length : 1;

    // PPᵀ + I has fewer rows than PᵀP + I.
    private LinearHead AdaptByRows(IReadOnlyList<float[]> parameters, EmbeddedTask support)
    {
        int dimension = Shape.EmbeddingDimension, width = dimension + 1, outputs = support.OutputCount, rows = support.RowCount;
        var (priorScale, factor) = RootOf(parameters, support.Prior);
        float[]? prior = PriorOf(parameters, support.Covariates, support.Prior);

        var scaled = new float[width];
        // S^½ Z̃ B in single precision, because the product of two single numbers is exact in double precision.
        double[] p = ArrayPool<double>.Shared.Rent(rows * width);
        var residual = new double[rows * outputs];
        var solution = new double[width * outputs];
        for (int row = 0; row < rows; row++)
        {
            float root = MathF.Sqrt(support.Weights[row]);
            ReadOnlySpan<float> z = support.Row(row);
            z.CopyTo(scaled);
            scaled[dimension] = 1;
            TensorPrimitives.Multiply(scaled, root, scaled);
            TensorPrimitives.Multiply(scaled, priorScale, scaled);
            if (factor is not null)
                MultiplyRow(scaled, factor);
            TensorPrimitives.ConvertTruncating<float, double>(scaled, p.AsSpan(row * width, width));
            for (int k = 0; k < outputs; k++)
                residual[row * outputs + k] = root * (Target(support.Labels[row], k) - (prior is null ? 0 : PriorScore(prior, z, k, outputs)));
        }

        double[] right = KeepsPredictiveVariance ? [.. residual] : []; // the right-hand side, which the solution overwrites
        SolveGram(p, rows, width, residual, outputs);
        AddTransposeProducts(solution, p, rows, width, residual, outputs);
        PredictiveVariance? predictive = null;
        if (KeepsPredictiveVariance)
        {
            double noise = Math.Sqrt(NoiseVariance(parameters, support.Weights.Sum(weight => (double)weight) * outputs, Math.Max(Product(right, residual), 0)));
            predictive = factor is null && rows < width
                ? new PredictiveVariance((float)noise, LowRankCholesky.Columns(Reduction(p, rows, width), rows, priorScale))
                : PredictiveVariance.Of(noise, PosteriorCovariance(NormalOf(p, rows, width), width, priorScale, factor));
        }

        ArrayPool<double>.Shared.Return(p);
        return ToHead(parameters, prior, priorScale, factor, solution, outputs, predictive);
    }

    // PᵀP + I
    private static double[] NormalOf(double[] p, int rows, int width)
    {
        var normal = new double[width * width];
        AddProducts(normal, p, rows, width);
        AddIdentity(normal, width);
        return normal;
    }

    // K = C⁻¹P with CCᵀ = PPᵀ + I, so that (PᵀP + I)⁻¹ = I − KᵀK.
    private static double[] Reduction(double[] p, int rows, int width)
    {
        double[] gram = new double[rows * rows + SmallProducts<double>.Slack], reduction = p[..(rows * width)];
        SmallProducts<double>.MultiplyByTransposed(reduction, reduction, gram, rows, width, rows);
        AddIdentity(gram, rows);
        Cholesky.Factor(gram, rows);
        MatrixAlgebra.SolveLower(gram, rows, reduction, width);
        return reduction;
    }

    // V = V₀ + B solution, with the scale and the offset of the scores.
    private LinearHead ToHead(IReadOnlyList<float[]> parameters, float[]? prior, float[] priorScale, float[]? factor, double[] solution, int outputs, PredictiveVariance? predictive)
    {
        int dimension = Shape.EmbeddingDimension;
        if (factor is not null)
            solution = Multiply(factor, solution, dimension + 1, outputs);

        float scale = ScaleOf(parameters);
        var head = new LinearHead(new float[outputs * dimension], new float[outputs]) { PredictiveVariance = predictive };
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < dimension; j++)
                head.Weights[k * dimension + j] = scale * (float)(priorScale[j] * solution[j * outputs + k] + (prior?[j * outputs + k] ?? 0));
            head.Bias[k] = scale * (float)(priorScale[dimension] * solution[dimension * outputs + k] + (prior?[dimension * outputs + k] ?? 0)) + OffsetOf(parameters);
        }

        return head;
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
    private protected abstract float[] PriorScale(IReadOnlyList<float[]> parameters);

    /// <summary>F: the correlation of slopes. Float [embedding + 1, embedding + 1], or null for the identity.</summary>
    private protected virtual Tensor? Factor(ParameterSet learned) => null;

    /// <summary>The same without libtorch, row-major.</summary>
    private protected virtual float[]? Factor(IReadOnlyList<float[]> parameters) => null;

    /// <summary>Copies the parameters with another V₀, the same for all covariates, and a scaled B. All tasks must have the same outputs.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>; not changed.</param>
    /// <param name="prior">The new V₀, in the form that <see cref="Adapt(IReadOnlyList{float[]}, EmbeddedTask)"/> returns.</param>
    /// <param name="radius">Factor of B.</param>
    internal float[][] WithPrior(IReadOnlyList<float[]> parameters, LinearHead prior, double radius)
    {
        float[][] changed = [.. parameters.Select(values => values.ToArray())];
        ScalePrior(changed, radius);
        SetPrior(changed, prior);
        if (_effectsIndex >= 0)
            Array.Clear(changed[_effectsIndex]); // the new V₀ is that of the task
        return changed;
    }

    // V₀ is the ridge regression of the pooled rows. With two classes of rates p and 1 − p, log odds change by 1 / (p (1 − p)) times
    // a small change of the probability, and their noise has that variance: scale and penalty begin so much larger than for p = ½.
    void IAdapter.StartFromPooled(IReadOnlyList<ParameterArray> parameters, EmbeddedTask pooled)
    {
        if (_priorIndex < 0 || !Parameters[_priorIndex].IsTrained)
            return;
        float[][] values = [.. parameters.Select(parameter => parameter.Values)];
        SetPrior(values, Adapt(values, pooled));
        if (_offsetIndex < 0)
            return;
        double rate = ScoreOffset.Rate(pooled), variance = 4 * rate * (1 - rate);
        values[_scaleIndex][0] -= (float)Math.Log(variance);
        ScalePrior(values, Math.Sqrt(variance));
        values[_offsetIndex][0] = ScoreOffset.Of(Adapt(values, pooled.Select([])), pooled);
    }

    private void SetPrior(float[][] parameters, LinearHead prior)
    {
        float scale = ScaleOf(parameters);
        int dimension = Shape.EmbeddingDimension, outputs = prior.OutputCount;
        for (int k = 0; k < outputs; k++)
        {
            for (int j = 0; j < dimension; j++)
                parameters[_priorIndex][j * outputs + k] = prior.Weights[k * dimension + j] / scale;
            parameters[_priorIndex][dimension * outputs + k] = (prior.Bias[k] - OffsetOf(parameters)) / scale;
        }
    }

    /// <summary>The misfit of each prior to the support: rᵀ(PPᵀ + I)⁻¹r, the product of the residuals before and after adaptation (Woodbury).</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="support">The rows.</param>
    /// <param name="priors">The heads that replace V₀.</param>
    /// <param name="radius">Factor of B.</param>
    internal double[] Misfits(IReadOnlyList<float[]> parameters, EmbeddedTask support, IReadOnlyList<LinearHead> priors, double radius) => [.. priors.Select(prior =>
    {
        LinearHead head = Adapt(WithPrior(parameters, prior, radius), support);
        return SumOverLabels(parameters, support, (row, k, label) => (label - prior.Score(row, k)) * (label - head.Score(row, k)));
    })];

    /// <summary>The mean squared residual of a head, in the units of <see cref="Target"/>.</summary>
    internal double MeanSquaredResidual(IReadOnlyList<float[]> parameters, EmbeddedTask task, LinearHead head) =>
        SumOverLabels(parameters, task, (row, k, label) => (label - head.Score(row, k)) * (label - head.Score(row, k))) / Math.Max(task.OutputCount * task.Weights.Sum(weight => (double)weight), 1e-12);

    // The weighted sum of the product over rows and outputs, divided by the squared scale of scores.
    private double SumOverLabels(IReadOnlyList<float[]> parameters, EmbeddedTask task, ScoreProduct product)
    {
        double sum = 0, scale = ScaleOf(parameters);
        for (int row = 0; row < task.RowCount; row++)
        {
            for (int k = 0; k < task.OutputCount; k++)
                sum += task.Weights[row] * product(task.Row(row), k, scale * Target(task.Labels[row], k) + OffsetOf(parameters));
        }

        return sum / (scale * scale);
    }

    private delegate double ScoreProduct(ReadOnlySpan<float> row, int output, double label);

    private float ScaleOf(IReadOnlyList<float[]> parameters) => _scaleIndex >= 0 ? MathF.Exp(parameters[_scaleIndex][0]) : 1;

    private float OffsetOf(IReadOnlyList<float[]> parameters) => _offsetIndex >= 0 ? parameters[_offsetIndex][0] : 0;

    /// <summary>Multiplies b by a factor.</summary>
    private protected abstract void ScalePrior(float[][] parameters, double factor);

    /// <summary>Whether heads have a predictive variance.</summary>
    private protected virtual bool KeepsPredictiveVariance => false;

    /// <summary>The variance of labels about the best score, if heads have a predictive variance.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="count">Total weight of the rows, over all outputs.</param>
    /// <param name="quadratic">q = Rᵀ(PPᵀ + I)⁻¹R, over all outputs.</param>
    private protected virtual double NoiseVariance(IReadOnlyList<float[]> parameters, double count, double quadratic) => 1;

    /// <summary>The regression target of one output for a label.</summary>
    private protected float Target(float label, int output) => Shape.Kind switch
    {
        LabelKind.Binary => 2 * label - 1,
        LabelKind.Multiclass => label == output ? 1 : 0,
        _ => label,
    };

    /// <summary>V₀ for a task's covariates and groups, [embedding + 1, outputs]; null if V₀ is 0.</summary>
    private float[]? PriorOf(IReadOnlyList<float[]> parameters, IReadOnlyList<float> covariates, TaskPrior? prior)
    {
        if (_priorIndex < 0)
            return null;
        float[] head = CovariateEffects.Shift(parameters[_priorIndex], _effectsIndex >= 0 ? parameters[_effectsIndex] : null, covariates);
        return prior?.Move(head) ?? head;
    }

    private (float[] Scale, float[]? Factor) RootOf(IReadOnlyList<float[]> parameters, TaskPrior? prior)
    {
        if (prior is null)
            return (PriorScale(parameters), Factor(parameters));
        float[] ones = new float[Shape.EmbeddingDimension + 1];
        Array.Fill(ones, 1);
        return (ones, Array.ConvertAll(Root(parameters, prior), value => (float)value));
    }

    /// <summary>B of a task in groups, row-major; only for adapters that take groups.</summary>
    private protected virtual double[] Root(IReadOnlyList<float[]> parameters, TaskPrior prior) => throw new NotSupportedException();

    /// <summary>The parameter of the effects of covariates, [covariates, embedding + 1, outputs]; null if there are none.</summary>
    private protected ParameterArray? Effects(IReadOnlyList<ParameterArray> parameters) => _effectsIndex >= 0 ? parameters[_effectsIndex] : null;

    /// <summary>The parameter V₀, [embedding + 1, outputs]; null if V₀ is 0.</summary>
    private protected ParameterArray? PriorHead(IReadOnlyList<ParameterArray> parameters) => _priorIndex >= 0 ? parameters[_priorIndex] : null;

    private Tensor Targets(AdaptationInput input) => Shape.Kind switch
    {
        LabelKind.Binary => input.Support.Labels.Times(2).Plus(-1).unsqueeze(-1),
        LabelKind.Multiclass => input.Support.OneHot(input.OutputCount),
        _ => input.Support.Labels.unsqueeze(-1),
    };

    private static Tensor Identity(Tensor like, long size) => eye(size, dtype: like.dtype, device: like.device);

    private static float PriorScore(float[] prior, ReadOnlySpan<float> z, int output, int outputs)
    {
        if (outputs == 1)
            return OrderedSum.OfProducts(z, prior.AsSpan(0, z.Length)) + prior[z.Length];
        float score = prior[z.Length * outputs + output];
        for (int j = 0; j < z.Length; j++)
            score += z[j] * prior[j * outputs + output];
        return score;
    }
}
