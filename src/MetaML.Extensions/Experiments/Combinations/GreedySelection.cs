namespace MetaML.Extensions.Experiments.Combinations;

/// <summary>Chooses the weights of an ensemble: starting from the best strategy, it adds the strategy with the best mean metric, with replacement, and returns the best weights on the way.</summary>
/// <remarks>Source: Caruana et al., Ensemble selection from libraries of models, ICML 2004.</remarks>
/// <param name="strategies">The number of strategies.</param>
/// <param name="metrics">The metric of each task for given weights (with sum 1), with a sign such that higher is better; NaN where it is undefined.</param>
internal sealed class GreedySelection(int strategies, Func<IReadOnlyList<double>, double[]> metrics)
{
    private const int MostAdditions = 12;

    private const double SmallestImprovement = 1e-9;

    // The choices on parts of the tasks try mostly the same weights.
    private readonly Dictionary<string, double[]> _known = [];

    /// <summary>The metric of each task for weights given as counts.</summary>
    public double[] MetricsOf(int[] counts)
    {
        string key = string.Join(' ', counts);
        if (!_known.TryGetValue(key, out double[]? values))
            _known[key] = values = metrics(Normalized(counts));
        return values;
    }

    /// <summary>Chooses weights on some of the tasks.</summary>
    /// <param name="judges">Whether a task takes part, by its index.</param>
    /// <param name="cancellationToken">Cancels between two sets of weights.</param>
    /// <returns>How often each strategy was added.</returns>
    public int[] Choose(Func<int, bool> judges, CancellationToken cancellationToken = default)
    {
        int[] counts = new int[strategies], chosen = counts;
        double best = double.NegativeInfinity;
        for (int addition = 0; addition < MostAdditions; addition++)
        {
            var (next, mean) = (0, double.NegativeInfinity);
            for (int k = 0; k < strategies; k++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                counts[k]++;
                double value = MetricsOf(counts).Where((value, task) => judges(task) && !double.IsNaN(value)).DefaultIfEmpty(double.NegativeInfinity).Average();
                counts[k]--;
                if (value > mean)
                    (next, mean) = (k, value);
            }

            counts[next]++;
            if (mean > best + SmallestImprovement)
                (best, chosen) = (mean, [.. counts]);
        }

        return chosen;
    }

    /// <summary>Counts as weights with sum 1.</summary>
    public static double[] Normalized(int[] counts) => [.. counts.Select(count => (double)count / counts.Sum())];
}
