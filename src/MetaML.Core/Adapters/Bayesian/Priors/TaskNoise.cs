using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The noise of tasks: σₜ² ~ Inv-Gamma(a, a σ²). With a = ∞, all tasks have the same σ².</summary>
internal static class TaskNoise
{
    // From heavy tails with a finite variance to a distribution that is practically constant.
    private const double SmallestShape = 1.05, LargestShape = 1e4;

    /// <summary>τ = E[1/σₜ²] given the task's rows.</summary>
    /// <param name="task">The rows.</param>
    /// <param name="quadratic">q of the task.</param>
    /// <param name="variance">σ².</param>
    /// <param name="shape">a.</param>
    public static double Precision(TaskEvidence task, double quadratic, double variance, double shape) =>
        double.IsInfinity(shape) ? 1 / variance : (shape + Count(task) / 2) / (shape * variance + quadratic / 2);

    /// <summary>E[σₜ²] given a task's rows: that of Inv-Gamma(a + n/2, aσ² + q/2).</summary>
    /// <param name="count">n: total weight of the rows, over all outputs.</param>
    /// <param name="quadratic">q of the task.</param>
    /// <param name="variance">σ².</param>
    /// <param name="shape">a.</param>
    public static double Variance(double count, double quadratic, double variance, double shape) =>
        double.IsInfinity(shape) ? variance : (shape * variance + quadratic / 2) / (shape + count / 2 - 1);

    /// <summary>Log likelihood of all labels.</summary>
    public static double LogLikelihood(IReadOnlyList<TaskEvidence> tasks, TaskPosterior[] posteriors, double variance, double shape) =>
        LogLikelihood(tasks, [.. posteriors.Select(posterior => posterior.Quadratic)], variance, shape) - 0.5 * posteriors.Sum(posterior => posterior.LogDeterminant);

    /// <summary>The same for given q of the tasks, without −½ log |G|.</summary>
    public static double LogLikelihood(IReadOnlyList<TaskEvidence> tasks, double[] quadratics, double variance, double shape)
    {
        double sum = 0, logGamma = double.IsInfinity(shape) ? 0 : GammaFunction.Log(shape);
        for (int t = 0; t < quadratics.Length; t++)
        {
            double half = Count(tasks[t]) / 2;
            sum += double.IsInfinity(shape)
                ? -half * Math.Log(2 * Math.PI * variance) - quadratics[t] / (2 * variance)
                : GammaFunction.Log(shape + half) - logGamma - half * Math.Log(2 * Math.PI * shape * variance) - (shape + half) * Math.Log(1 + quadratics[t] / (2 * shape * variance));
        }

        return sum;
    }

    /// <summary>The most likely σ² and a for given q of the tasks. a changes only if it is finite.</summary>
    public static (double Variance, double Shape) Fit(IReadOnlyList<TaskEvidence> tasks, double[] quadratics, double variance, double shape, double smallest)
    {
        if (double.IsInfinity(shape))
            return (Math.Max(quadratics.Sum() / tasks.Sum(Count), smallest), shape);

        // Along each axis of (log σ², log a), with steps that are halved if no step improves the likelihood.
        double best = LogLikelihood(tasks, quadratics, variance, shape);
        for (double step = 0.5; step > 1e-3; step /= 2)
        {
            for (bool isImproved = true; isImproved;)
            {
                isImproved = false;
                foreach (var (onVariance, onShape) in new[] { (step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step) })
                {
                    double nextVariance = Math.Max(variance * Math.Exp(onVariance), smallest), nextShape = Math.Clamp(shape * Math.Exp(onShape), SmallestShape, LargestShape);
                    double likelihood = LogLikelihood(tasks, quadratics, nextVariance, nextShape);
                    if (likelihood > best)
                        (best, variance, shape, isImproved) = (likelihood, nextVariance, nextShape, true);
                }
            }
        }

        return (variance, shape);
    }

    private static double Count(TaskEvidence task) => task.Weight * task.Outputs;
}
