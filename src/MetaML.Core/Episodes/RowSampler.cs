namespace MetaML.Episodes;

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
    private const int MostShuffled = 1 << 12; // of more, those that are not drawn are left where they are

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
        bool isLarge = pool.Support.Length > MostShuffled;
        int wanted = SupportSize(pool.Support.Length, strata.Length, size);
        foreach (int[] stratum in strata)
        {
            int share = _options.Shots ?? (int)Math.Round((double)wanted * stratum.Length / pool.Support.Length);
            int most = pool.Query is null ? Math.Max(1, stratum.Length - 1) : stratum.Length;
            int take = Math.Clamp(share, 1, most);
            int[] shuffled = Some(stratum, isLarge ? take : stratum.Length, random);
            support.AddRange(shuffled[..take]);
            rest.AddRange(shuffled[take..]);
        }

        if (pool.Query is null && support.Count == pool.Support.Length)
        {
            // Every class has a single row: one of them is judged instead.
            int moved = random.Next(support.Count);
            rest.Add(support[moved]);
            support.RemoveAt(moved);
        }

        int queries = Math.Min(_options.Queries ?? DefaultQueries, pool.Query?.Length ?? pool.Support.Length - support.Count);
        int[] query = pool.Query is null && isLarge ? Others(pool.Support, support, queries, random) : Some(pool.Query ?? [.. rest], queries, random);
        return new Episode(pool.Task, [.. support], query, pool.Task.Classes);
    }

    // Drawn again where a row is taken, which is seldom.
    private static int[] Others(int[] rows, IEnumerable<int> taken, int count, Random random)
    {
        var seen = new HashSet<int>(taken);
        var others = new int[count];
        for (int i = 0; i < count;)
        {
            int row = rows[random.Next(rows.Length)];
            if (seen.Add(row))
                others[i++] = row;
        }

        return others;
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
        if (total <= MostShuffled || count > total / 8)
        {
            int[] numbers = [.. Enumerable.Range(0, total)];
            random.Shuffle(numbers);
            return numbers[..count];
        }

        // The first steps of the same shuffle, of which only the numbers that moved are remembered.
        var moved = new Dictionary<int, int>();
        var chosen = new int[count];
        for (int i = 0; i < count; i++)
        {
            int place = random.Next(i, total);
            chosen[i] = moved.GetValueOrDefault(place, place);
            moved[place] = moved.GetValueOrDefault(i, i);
        }

        return chosen;
    }
}
