namespace MetaML.Extensions.Experiments.Combinations;

/// <summary>Chooses for each task one of several strategies, shrunk towards the common choice so that noise does not route.</summary>
/// <remarks>
/// The gain of a strategy over the common choice on a task is observed with the variance of its mean over the task's rows. The true gains of the tasks are
/// taken as normal with a mean and a variance that are estimated by moments. A task leaves the common choice if the expectation of its gain, given its rows, is positive.
/// Source: empirical Bayes as in Morris, Parametric Empirical Bayes Inference, JASA 1983.
/// </remarks>
internal static class TaskRoutes
{
    /// <summary>The expectation of the gain of each task, given the gains of its rows.</summary>
    /// <param name="gains">[task][row]: the gain of each row; a task with fewer than two rows is not routed.</param>
    /// <returns>The expectation of each task; NaN where it is unknown.</returns>
    public static double[] Shrunk(IReadOnlyList<double[]> gains)
    {
        var moments = gains.Select(rows => rows.Length < 2 ? (Mean: double.NaN, Variance: double.NaN) : Moments(rows)).ToArray();
        var known = moments.Where(task => !double.IsNaN(task.Mean)).ToArray();
        if (known.Length < 2)
            return [.. moments.Select(_ => double.NaN)];
        var (mean, ofMeans) = Moments([.. known.Select(task => task.Mean)]);
        double between = Math.Max(0, ofMeans * known.Length - known.Average(task => task.Variance));
        return [.. moments.Select(task => between + task.Variance > 0 ? mean + between / (between + task.Variance) * (task.Mean - mean) : mean + 0 * task.Mean)];
    }

    /// <summary>The number of the strategy for each task.</summary>
    /// <param name="common">The number of the common choice.</param>
    /// <param name="gains">[strategy][task][row]: the gain over the common choice.</param>
    public static int[] Choose(int common, IReadOnlyList<IReadOnlyList<double[]>> gains)
    {
        double[][] shrunk = [.. gains.Select(Shrunk)];
        return [.. Enumerable.Range(0, gains[0].Count).Select(task =>
        {
            int best = common;
            for (int k = 0; k < shrunk.Length; k++)
            {
                if (k != common && shrunk[k][task] > (best == common ? 0 : shrunk[best][task]))
                    best = k;
            }

            return best;
        })];
    }

    // The mean, and the variance of the mean.
    private static (double Mean, double Variance) Moments(double[] values)
    {
        double mean = values.Average();
        return (mean, values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length);
    }
}
