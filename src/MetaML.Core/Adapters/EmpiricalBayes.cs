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
/// <para>A full Σ is the maximum under an inverse-Wishart prior of ν = <c>priorTasks</c> about its own diagonal: off it, Σ is
/// shrunk by heads / (heads + ν). Managed code; memory O(embedding · min(rows, embedding)) for each task, time
/// O(min(rows, embedding) · embedding²) for each task and step.</para>
/// </remarks>
internal sealed record EmpiricalBayes(double[][] Mean, double[] Covariance, double NoiseVariance)
{
    // Where a step gains less than so many nats for each head, it is the last.
    private const double Tolerance = 1e-5;
    private const double SmallestVariance = 1e-10;
    private const double ExpectationShare = 1e-3;

    // Tasks that are summed one after the other: a constant, so that the result does not depend on the machine's cores.
    private const int TasksPerSum = 64;

    /// <summary>a: how alike tasks' noise is; infinite where it is the same.</summary>
    public double NoiseShape { get; init; } = double.PositiveInfinity;

    /// <summary>Number of outputs that m is about.</summary>
    public int Outputs => Mean.Length;

    private int Width => Mean[0].Length;

    /// <summary>Fits the prior.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs that mean the same in all tasks; null where they do not, so that m = 0.</param>
    /// <param name="priorTasks">ν of a full Σ; null for a diagonal one.</param>
    /// <param name="noise">Whether tasks have noise of their own.</param>
    /// <param name="iterations">The largest number of steps.</param>
    /// <param name="start">Where to start; null for the pooled scale of the labels.</param>
    public static EmpiricalBayes Fit(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, double? priorTasks, PriorNoise noise, int iterations, EmpiricalBayes? start = null)
    {
        EmpiricalBayes prior = start ?? First(tasks, width, outputs ?? 1);
        if (noise == PriorNoise.PerTask && double.IsInfinity(prior.NoiseShape))
            prior = prior with { NoiseShape = 10 };
        double likelihood = double.NegativeInfinity;
        int heads = tasks.Sum(task => task.Outputs);
        for (int i = 0; i < iterations; i++)
        {
            prior = prior.WithNoise(tasks, out double next);
            if (next - likelihood < Tolerance * heads)
                break;
            likelihood = next;
            if (outputs is not null)
                prior = prior.WithMean(prior.Expect(tasks));
            prior = prior.WithCovariance(prior.Expect(tasks), heads, priorTasks);
        }

        return prior;
    }

    /// <summary>The prior with the noise that is most likely, m and Σ/σ² staying as they are.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="prior">The other parts.</param>
    public static EmpiricalBayes FitNoise(IReadOnlyList<TaskEvidence> tasks, EmpiricalBayes prior) => prior.WithNoise(tasks, out _);

    /// <summary>log p(y | Z) of all tasks together.</summary>
    /// <param name="tasks">Any tasks of this width.</param>
    public double LogLikelihood(IReadOnlyList<TaskEvidence> tasks)
    {
        var (quadratics, logDeterminants) = Evidence(tasks);
        return TaskNoise.LogLikelihood(tasks, quadratics, NoiseVariance, NoiseShape) - 0.5 * logDeterminants;
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

    private EmpiricalBayes WithNoise(IReadOnlyList<TaskEvidence> tasks, out double likelihood)
    {
        var (quadratics, logDeterminants) = Evidence(tasks);
        var (variance, shape) = TaskNoise.Fit(tasks, quadratics, NoiseVariance, NoiseShape, SmallestVariance);
        likelihood = TaskNoise.LogLikelihood(tasks, quadratics, variance, shape) - 0.5 * logDeterminants;
        double[] covariance = Array.ConvertAll(Covariance, value => value * variance / NoiseVariance); // Σ̃ is what stays
        return this with { Covariance = covariance, NoiseVariance = variance, NoiseShape = shape };
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

    private EmpiricalBayes WithCovariance(Sums sums, int heads, double? priorTasks)
    {
        int width = Width;
        double kept = priorTasks is { } count ? heads / (heads + count) : 0;
        var covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                double value = NoiseVariance * sums.Spread[i * width + j] / heads;
                covariance[i * width + j] = i == j ? Math.Max(value, SmallestVariance * NoiseVariance) : kept * value;
            }
        }

        return this with { Covariance = covariance };
    }

    private TaskEvidence.RelativePrior Relative()
    {
        double[] relative = Array.ConvertAll(Covariance, value => value / NoiseVariance), lower = [.. relative];
        Cholesky.Factor(lower, Width);
        return new(Mean, relative, Cholesky.Inverse(relative, Width), TaskEvidence.LogDeterminant(lower, Width));
    }

    // q of each task, and Σ log |G| over all heads.
    private (double[] Quadratics, double LogDeterminants) Evidence(IReadOnlyList<TaskEvidence> tasks)
    {
        TaskEvidence.RelativePrior relative = Relative();
        double[] quadratics = new double[tasks.Count], logDeterminants = new double[tasks.Count];
        Parallel.For(0, tasks.Count, t =>
        {
            TaskEvidence.Posterior posterior = tasks[t].Under(relative);
            (quadratics[t], logDeterminants[t]) = (posterior.Quadratic, tasks[t].Outputs * posterior.LogDeterminant);
        });
        return (quadratics, logDeterminants.Sum());
    }

    private Sums Expect(IReadOnlyList<TaskEvidence> tasks)
    {
        TaskEvidence.RelativePrior relative = Relative();
        var parts = new Sums[(tasks.Count + TasksPerSum - 1) / TasksPerSum];
        Parallel.For(0, parts.Length, p =>
        {
            var sums = parts[p] = new Sums(Width, Outputs);
            for (int t = p * TasksPerSum; t < Math.Min(tasks.Count, (p + 1) * TasksPerSum); t++)
            {
                TaskEvidence.Posterior posterior = tasks[t].Under(relative);
                sums.Add(posterior, TaskNoise.Precision(tasks[t], posterior.Quadratic, NoiseVariance, NoiseShape));
            }
        });
        for (int p = 1; p < parts.Length; p++)
            parts[0].Add(parts[p]);
        return parts[0];
    }

    // What the steps need of all tasks together.
    private sealed class Sums(int width, int outputs)
    {
        public double Precision { get; private set; } // Στ

        public double[] WeightedCovariance { get; } = new double[width * width]; // ΣτS̃

        public double[][] WeightedShifts { get; } = [.. Enumerable.Range(0, outputs).Select(_ => new double[width])]; // Στδ

        public double[] Spread { get; } = new double[width * width]; // Σ τδδᵀ + S̃, over heads

        public void Add(TaskEvidence.Posterior posterior, double precision)
        {
            Precision += precision;
            TaskEvidence.AddScaled(posterior.Covariance, precision, WeightedCovariance);
            TaskEvidence.AddScaled(posterior.Covariance, posterior.Shifts.Length, Spread);
            for (int k = 0; k < posterior.Shifts.Length; k++)
            {
                double[] shift = posterior.Shifts[k];
                if (k < outputs) // classes of a task's own have no common mean
                    TaskEvidence.AddScaled(shift, precision, WeightedShifts[k]);
                for (int i = 0; i < width; i++)
                    TaskEvidence.AddScaled(shift, precision * shift[i], Spread.AsSpan(i * width, width));
            }
        }

        public void Add(Sums other)
        {
            Precision += other.Precision;
            TaskEvidence.AddScaled(other.WeightedCovariance, 1, WeightedCovariance);
            TaskEvidence.AddScaled(other.Spread, 1, Spread);
            for (int k = 0; k < outputs; k++)
                TaskEvidence.AddScaled(other.WeightedShifts[k], 1, WeightedShifts[k]);
        }
    }
}
