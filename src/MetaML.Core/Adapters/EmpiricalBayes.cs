using System.Numerics.Tensors;
using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>The prior under which all tasks' labels are most likely: wₜ ~ N(m, Σ), y = wₜᵀz̃ + ε, ε ~ N(0, σ²).</summary>
/// <param name="Mean">m for each output, [outputs][embedding + 1]; zeros where outputs do not mean the same in all tasks.</param>
/// <param name="Covariance">Σ, [embedding + 1, embedding + 1], row-major.</param>
/// <param name="NoiseVariance">σ².</param>
/// <remarks>
/// <para>With Σ̃ = Σ/σ², the posterior of a task is wₜ ~ N(m + δₜ, σ²S̃ₜ) (see <see cref="TaskEvidence"/>), and its labels are
/// N(Z̃m, σ²G). Each step raises the marginal likelihood (ECME: Liu and Rubin 1994; for linear mixed models Laird and Ware
/// 1982): σ² = Σ q / N exactly; m by generalised least squares, m += Σ̃ X⁻¹ Στₜδₜ with X = (Στₜ)Σ̃ − ΣτₜS̃ₜ, a thousandth of
/// it by expectation maximisation (X = (Στₜ)Σ̃), so that what no row determines stays where it is; Σ̃ = mean τₜδₜδₜᵀ + S̃ₜ.
/// The intercept is one of the dimensions, with a variance of its own.</para>
/// <para>Noise per task: σₜ² ~ Inv-Gamma(a, a σ²) and wₜ ~ N(m, σₜ²Σ̃), conjugate, so that labels are multivariate t with 2a
/// degrees of freedom and τₜ = E[1/σₜ²] = (a + n/2) / (aσ² + q/2); with common noise a = ∞ and τ = 1/σ².</para>
/// <para>Σ has the form that <see cref="CovarianceForm"/> says: diagonal; one factor, Σ = λλᵀ + D, by steps of EM for factor
/// analysis (Rubin and Thayer 1982) within each step; or full, the maximum under an inverse-Wishart prior of ν tasks about
/// its own diagonal, so that what is off it is shrunk by heads / (heads + ν). Managed code; memory O(embedding · min(rows, embedding)) for each task, time
/// O(min(rows, embedding) · embedding²) for each task and step.</para>
/// </remarks>
internal sealed record EmpiricalBayes(double[][] Mean, double[] Covariance, double NoiseVariance)
{
    // Where a step gains less than so many nats for each head, it is the last.
    private const double Tolerance = 1e-4;

    /// <summary>The same where priors are compared that differ by far more.</summary>
    public const double CoarseTolerance = 1e-3;

    private const double SmallestVariance = 1e-10;
    private const double ExpectationShare = 1e-3;

    // Steps of factor analysis within each step.
    private const int FactorSteps = 3;

    // Tasks that are summed one after the other: a constant, so that the result does not depend on the machine's cores.
    private const int TasksPerSum = 16;

    /// <summary>a: how alike tasks' noise is; infinite where it is the same.</summary>
    public double NoiseShape { get; init; } = double.PositiveInfinity;

    /// <summary>Number of outputs that m is about.</summary>
    public int Outputs => Mean.Length;

    // λ of a covariance with one factor.
    private double[]? Loadings { get; init; }

    private int Width => Mean[0].Length;

    /// <summary>Fits the prior.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs that mean the same in all tasks; null where they do not, so that m = 0.</param>
    /// <param name="form">What Σ may be.</param>
    /// <param name="noise">Whether tasks have noise of their own.</param>
    /// <param name="iterations">The largest number of steps.</param>
    /// <param name="start">Where to start; null for the pooled scale of the labels.</param>
    /// <param name="tolerance">The gain for each head, in nats, below which a step is the last.</param>
    public static EmpiricalBayes Fit(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, CovarianceForm form, PriorNoise noise, int iterations, EmpiricalBayes? start = null, double tolerance = Tolerance)
    {
        EmpiricalBayes prior = start ?? First(tasks, width, outputs ?? 1);
        if (noise == PriorNoise.PerTask && double.IsInfinity(prior.NoiseShape))
            prior = prior with { NoiseShape = 10 };
        double likelihood = double.NegativeInfinity;
        int heads = tasks.Sum(task => task.Outputs);
        for (int i = 0; i < iterations; i++)
        {
            if (outputs is not null)
                prior = prior.Expect(tasks, out Sums before).WithMean(before);
            prior = prior.Expect(tasks, out Sums sums);
            if (sums.LogLikelihood - likelihood < tolerance * heads)
                break;
            likelihood = sums.LogLikelihood;
            prior = prior.WithCovariance(sums, heads, form);
        }

        return prior;
    }

    /// <summary>The prior with the noise that is most likely, m and Σ/σ² staying as they are.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="prior">The other parts.</param>
    public static EmpiricalBayes FitNoise(IReadOnlyList<TaskEvidence> tasks, EmpiricalBayes prior) => prior.Expect(tasks, out _);

    /// <summary>log p(y | Z) of all tasks together.</summary>
    /// <param name="tasks">Any tasks of this width.</param>
    public double LogLikelihood(IReadOnlyList<TaskEvidence> tasks)
    {
        Sums[] parts = Visit(tasks, _ => 1);
        return TaskNoise.LogLikelihood(tasks, Quadratics(parts), NoiseVariance, NoiseShape) - 0.5 * parts.Sum(part => part.LogDeterminants);
    }

    // From the pooled scale of the labels: half of it noise, and slopes that explain the rest.
    private static EmpiricalBayes First(IReadOnlyList<TaskEvidence> tasks, int width, int outputs)
    {
        double labelVariance = Math.Max(tasks.Sum(task => task.SquaredLabels) / tasks.Sum(task => task.Weight * task.Outputs), SmallestVariance);
        var prior = new EmpiricalBayes([.. Enumerable.Range(0, outputs).Select(_ => new double[width])], new double[width * width], labelVariance / 2);
        for (int j = 0; j < width; j++)
            prior.Covariance[j * width + j] = labelVariance / (j < width - 1 ? width : 1);
        return prior;
    }

    private EmpiricalBayes WithMean(Sums sums)
    {
        int width = Width;
        double[] relative = Relative().Covariance, system = new double[width * width];
        for (int i = 0; i < system.Length; i++)
            system[i] = sums.Precision * relative[i] - (1 - ExpectationShare) * sums.WeightedCovariance[i];
        var shifts = new double[width * Outputs];
        for (int k = 0; k < Outputs; k++)
        {
            for (int j = 0; j < width; j++)
                shifts[j * Outputs + k] = sums.WeightedShifts[k][j];
        }

        Cholesky.Solve(system, width, shifts, Outputs);
        double[][] mean = [.. Mean.Select((values, k) =>
        {
            double[] step = TaskEvidence.Multiply(relative, [.. Enumerable.Range(0, width).Select(j => shifts[j * Outputs + k])]);
            TensorPrimitives.Add(step, values, step);
            return step;
        })];
        return this with { Mean = mean };
    }

    private EmpiricalBayes WithCovariance(Sums sums, int heads, CovarianceForm form)
    {
        int width = Width;
        double[] covariance = [.. sums.Products.Zip(sums.Covariances, (products, own) => NoiseVariance * (sums.Scale * products + own) / heads)];
        double smallest = SmallestVariance * NoiseVariance;
        if (form.HasFactor)
            return WithFactor(covariance, smallest);
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
                covariance[i * width + j] = i == j ? Math.Max(covariance[i * width + j], smallest) : form.Kept(heads) * covariance[i * width + j];
        }

        return this with { Covariance = covariance, Loadings = null };
    }

    // One factor of a covariance C: with g = 1 + λᵀD⁻¹λ and β = D⁻¹λ/g, λ = Cβ / (1/g + βᵀCβ) and D = diag(C − λβᵀC).
    private EmpiricalBayes WithFactor(double[] target, double smallest)
    {
        int width = Width;
        double[] variances = [.. Enumerable.Range(0, width).Select(j => Math.Max(target[j * width + j], smallest))];
        double[] own, loadings;
        if (Loadings is not null)
        {
            loadings = Loadings;
            own = [.. Enumerable.Range(0, width).Select(j => Math.Max(Covariance[j * width + j] - loadings[j] * loadings[j], smallest))];
        }
        else
        {
            var random = new Random(0); // any direction will do that is not exactly across the factor
            own = [.. variances.Select(variance => 0.7 * variance)];
            loadings = [.. variances.Select(variance => Math.Sqrt(variance) * (random.NextDouble() - 0.5))];
        }

        for (int step = 0; step < FactorSteps; step++)
        {
            double g = 1 + Enumerable.Range(0, width).Sum(j => loadings[j] * loadings[j] / own[j]);
            double[] weights = [.. Enumerable.Range(0, width).Select(j => loadings[j] / (own[j] * g))]; // β
            double[] covariances = TaskEvidence.Multiply(target, weights); // Cβ
            double second = 1 / g + TensorPrimitives.Dot<double>(weights, covariances);
            loadings = [.. covariances.Select(value => value / second)];
            own = [.. Enumerable.Range(0, width).Select(j => Math.Max(variances[j] - loadings[j] * covariances[j], smallest))];
        }

        var covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            TaskEvidence.AddScaled(loadings, loadings[i], covariance.AsSpan(i * width, width));
            covariance[i * width + i] += own[i];
        }

        return this with { Covariance = covariance, Loadings = loadings };
    }

    private TaskEvidence.RelativePrior Relative()
    {
        double[] relative = Array.ConvertAll(Covariance, value => value / NoiseVariance), lower = [.. relative];
        Cholesky.Factor(lower, Width);
        return new(Mean, relative, TaskEvidence.InverseOf(lower, Width), TaskEvidence.LogDeterminant(lower, Width));
    }

    // σ² and a from q, which depends on m and Σ̃ alone, and then what the other steps need. The posterior does not depend on σ²
    // (in its units), so that one visit of the tasks is enough unless each is weighed by a noise of its own.
    private EmpiricalBayes Expect(IReadOnlyList<TaskEvidence> tasks, out Sums sums)
    {
        bool isCommon = double.IsInfinity(NoiseShape);
        Sums[] parts = Visit(tasks, _ => 1);
        double[] quadratics = Quadratics(parts);
        var (variance, shape) = TaskNoise.Fit(tasks, quadratics, NoiseVariance, NoiseShape, SmallestVariance);
        double likelihood = TaskNoise.LogLikelihood(tasks, quadratics, variance, shape) - 0.5 * parts.Sum(part => part.LogDeterminants);

        double scale = variance / NoiseVariance; // Σ̃ is what stays
        EmpiricalBayes next = this with
        {
            Covariance = Array.ConvertAll(Covariance, value => value * scale),
            Loadings = Loadings is null ? null : Array.ConvertAll(Loadings, value => value * Math.Sqrt(scale)),
            NoiseVariance = variance,
            NoiseShape = shape,
        };
        if (!isCommon)
            parts = next.Visit(tasks, t => TaskNoise.Precision(tasks[t], quadratics[t], variance, shape));
        sums = parts[0];
        for (int p = 1; p < parts.Length; p++)
            sums.Add(parts[p]);
        sums.LogLikelihood = likelihood;
        sums.Scale = isCommon ? 1 / variance : 1;
        return next;
    }

    private Sums[] Visit(IReadOnlyList<TaskEvidence> tasks, Func<int, double> precision)
    {
        TaskEvidence.RelativePrior relative = Relative();
        var parts = new Sums[(tasks.Count + TasksPerSum - 1) / TasksPerSum];
        Parallel.For(0, parts.Length, p =>
        {
            parts[p] = new Sums(Width, Outputs);
            for (int t = p * TasksPerSum; t < Math.Min(tasks.Count, (p + 1) * TasksPerSum); t++)
                parts[p].Add(tasks[t].Under(relative), precision(t));
        });
        return parts;
    }

    private static double[] Quadratics(Sums[] parts) => [.. parts.SelectMany(part => part.Quadratics)];

    // What the steps need of all tasks together.
    private sealed class Sums(int width, int outputs)
    {
        public List<double> Quadratics { get; } = [];

        public double LogDeterminants { get; private set; } // Σ log |G|, over heads

        public double LogLikelihood { get; set; }

        public double Scale { get; set; } = 1; // on τ, where it is the same for all tasks

        public double Precision { get; private set; } // Στ

        public double[] WeightedCovariance { get; } = new double[width * width]; // ΣτS̃

        public double[][] WeightedShifts { get; } = [.. Enumerable.Range(0, outputs).Select(_ => new double[width])]; // Στδ

        public double[] Covariances { get; } = new double[width * width]; // ΣS̃, over heads

        public double[] Products { get; } = new double[width * width]; // Στδδᵀ, over heads

        public void Add(TaskEvidence.Posterior posterior, double precision)
        {
            Quadratics.Add(posterior.Quadratic);
            LogDeterminants += posterior.Shifts.Length * posterior.LogDeterminant;
            Precision += precision;
            TaskEvidence.AddScaled(posterior.Covariance, precision, WeightedCovariance);
            TaskEvidence.AddScaled(posterior.Covariance, posterior.Shifts.Length, Covariances);
            for (int k = 0; k < posterior.Shifts.Length; k++)
            {
                double[] shift = posterior.Shifts[k];
                if (k < outputs) // classes of a task's own have no common mean
                    TaskEvidence.AddScaled(shift, precision, WeightedShifts[k]);
                for (int i = 0; i < width; i++)
                    TaskEvidence.AddScaled(shift, precision * shift[i], Products.AsSpan(i * width, width));
            }
        }

        public void Add(Sums other)
        {
            Precision += other.Precision;
            TaskEvidence.AddScaled(other.WeightedCovariance, 1, WeightedCovariance);
            TaskEvidence.AddScaled(other.Covariances, 1, Covariances);
            TaskEvidence.AddScaled(other.Products, 1, Products);
            for (int k = 0; k < outputs; k++)
                TaskEvidence.AddScaled(other.WeightedShifts[k], 1, WeightedShifts[k]);
        }
    }
}
