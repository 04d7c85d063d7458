namespace MetaML.Tasks;

/// <summary>Draws tasks, and of each task support rows and query rows, stratified by class.</summary>
/// <remarks>
/// With <see cref="EpisodeOptions.Shots"/>, support has that many rows of each class. Otherwise its size is
/// <see cref="EpisodeOptions.SupportRows"/>, or drawn log-uniformly so that the learner meets small and large supports
/// alike, and classes keep their proportions. Query rows are drawn as they come.
/// </remarks>
internal sealed class RowSampler : IEpisodeSampler
{
    private const int MaximumSupport = 64;
    private const int DefaultQueries = 64;

    private readonly EpisodeOptions _options;
    private readonly EpisodePool[] _pools;
    private readonly int[][][] _strata;

    public RowSampler(LabelKind kind, IEnumerable<EpisodePool> pools, EpisodeOptions options)
    {
        _options = options;
        _pools = [.. pools];
        _strata = Array.ConvertAll(_pools, pool => kind == LabelKind.Regression
            ? [pool.Support]
            : pool.Support.GroupBy(i => pool.Task.Labels[i]).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray());
    }

    /// <inheritdoc/>
    public IReadOnlyList<Episode> Draw(Random random)
    {
        int[] chosen = Some(_pools.Length, Math.Min(_options.TasksPerIteration, _pools.Length), random);
        double size = random.NextDouble(); // one draw for the whole batch, so that little is padded
        return Array.ConvertAll(chosen, i => Draw(_pools[i], _strata[i], size, random));
    }

    private Episode Draw(EpisodePool pool, int[][] strata, double size, Random random)
    {
        var support = new List<int>();
        var rest = new List<int>();
        int wanted = SupportSize(pool.Support.Length, strata.Length, size);
        foreach (int[] stratum in strata)
        {
            int share = _options.Shots ?? (int)Math.Round((double)wanted * stratum.Length / pool.Support.Length);
            int most = pool.Query is null ? Math.Max(1, stratum.Length - 1) : stratum.Length;
            int take = Math.Clamp(share, 1, most);
            int[] shuffled = Some(stratum, stratum.Length, random);
            support.AddRange(shuffled[..take]);
            rest.AddRange(shuffled[take..]);
        }

        if (pool.Query is null && rest.Count == 0)
        {
            // Every class has a single row: one of them is judged instead.
            int moved = random.Next(support.Count);
            rest.Add(support[moved]);
            support.RemoveAt(moved);
        }

        int[] candidates = pool.Query ?? [.. rest];
        int queries = Math.Min(_options.Queries ?? DefaultQueries, candidates.Length);
        return new Episode(pool.Task, [.. support], Some(candidates, queries, random), pool.Task.Classes);
    }

    private int SupportSize(int available, int strata, double size)
    {
        if (_options.SupportRows is { } rows)
            return rows;
        return (int)Math.Round(strata * Math.Pow((double)MostSupport(available, strata) / strata, size));
    }

    /// <summary>The largest support that is drawn where its size is left open.</summary>
    /// <param name="available">Rows of the task.</param>
    /// <param name="strata">Number of its classes; 1 for values.</param>
    internal static int MostSupport(int available, int strata) => Math.Max(strata, Math.Min(MaximumSupport, available / 2));

    private static int[] Some(int[] values, int count, Random random) => Array.ConvertAll(Some(values.Length, count, random), i => values[i]);

    /// <summary>Some of the numbers below <paramref name="total"/>, in random order, each at most once.</summary>
    internal static int[] Some(int total, int count, Random random)
    {
        int[] numbers = [.. Enumerable.Range(0, total)];
        random.Shuffle(numbers);
        return numbers[..count];
    }
}
