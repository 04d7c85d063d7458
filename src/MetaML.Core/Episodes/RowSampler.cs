namespace MetaML.Episodes;

/// <summary>Draws tasks, and support rows and query rows of each task.</summary>
/// <remarks>
/// With <see cref="EpisodeOptions.Shots"/>, the support has that many rows of each class. Otherwise its size is
/// <see cref="EpisodeOptions.SupportRows"/>, or is drawn log-uniformly. A support is stratified, drawn without regard to classes, or
/// empty: see <see cref="EpisodeOptions"/>. Query rows are drawn at random from the other rows.
/// </remarks>
internal sealed class RowSampler : IEpisodeSampler
{
    private const double DefaultEmptyShare = 0.1; // of classes

    private const double DefaultStratifiedShare = 0.5;
    private const int MaximumSupport = 64;
    private const int DefaultQueries = 64, MostDefaultQueries = 256;
    private const int RareQueries = 10; // rows of a rare class in a query, on average
    private const int MostShuffled = 1 << 12; // more rows are not shuffled as a whole

    private readonly EpisodeOptions _options;
    private readonly bool _isOpen; // whether supports are drawn as new tasks have them
    private readonly double _emptyShare;
    private readonly int _queries;
    private readonly EpisodePool[] _pools;
    private readonly int[][][] _strata;

    /// <param name="kind">What the labels are.</param>
    /// <param name="pools">The tasks.</param>
    /// <param name="options">Without <see cref="EpisodeOptions.Ways"/>.</param>
    /// <param name="hasCommonOutputs">Whether a support may lack classes, since all tasks have the same ones.</param>
    public RowSampler(LabelKind kind, IEnumerable<EpisodePool> pools, EpisodeOptions options, bool hasCommonOutputs = true)
    {
        _options = options;
        _isOpen = hasCommonOutputs && options.IsSupportOpen;
        _pools = [.. pools];
        _strata = Array.ConvertAll(_pools, pool => kind == LabelKind.Regression
            ? [pool.Support]
            : pool.Support.GroupBy(i => pool.Task.Labels[i]).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray());
        _emptyShare = EmptyShareOf(kind, hasCommonOutputs, options);
        _queries = options.Queries ?? (_isOpen && kind != LabelKind.Regression ? DefaultQueriesOf(_pools) : DefaultQueries);
    }

    /// <summary>The share of the episodes with an empty support. If the options do not set it, it is 0 for values: their tasks have no rates to learn.</summary>
    internal static double EmptyShareOf(LabelKind kind, bool hasCommonOutputs, EpisodeOptions options) =>
        options.EmptyShare ?? (hasCommonOutputs && options.IsSupportOpen && kind != LabelKind.Regression ? DefaultEmptyShare : 0);

    /// <summary>The query rows of an episode if the options do not set them: more if a class is rare, since few rows of it say little about the loss.</summary>
    /// <param name="pools">The tasks, which share the classes.</param>
    internal static int DefaultQueriesOf(IEnumerable<EpisodePool> pools)
    {
        int[] classes = [.. EpisodePool.RowsOfClasses(pools)];
        if (classes.Length < 2)
            return DefaultQueries;
        double rarest = (double)classes.Min() / classes.Sum();
        return rarest * classes.Length < 0.5 ? (int)Math.Clamp(RareQueries / rarest, DefaultQueries, MostDefaultQueries) : DefaultQueries;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Episode> Draw(Random random)
    {
        int[] chosen = Some(_pools.Length, Math.Min(_options.TasksPerIteration, _pools.Length), random);
        double size = random.NextDouble(); // one draw for the whole batch, so that little is padded
        var episodes = new Episode[chosen.Length];
        for (int t = 0; t < chosen.Length; t++)
        {
            // The first support of a batch is never empty, so that a batch always has support rows.
            bool isEmpty = t > 0 && _emptyShare > 0 && random.NextDouble() < _emptyShare;
            episodes[t] = isEmpty ? DrawEmpty(_pools[chosen[t]], random) : Draw(_pools[chosen[t]], _strata[chosen[t]], size, random);
        }

        return episodes;
    }

    private Episode DrawEmpty(EpisodePool pool, Random random)
    {
        int[] rows = pool.Query ?? pool.Support;
        return new Episode(pool.Task, [], Some(rows, Math.Min(_queries, rows.Length), random), pool.Task.Classes);
    }

    private Episode Draw(EpisodePool pool, int[][] strata, double size, Random random)
    {
        var support = new List<int>();
        var rest = new List<int>();
        bool isLarge = pool.Support.Length > MostShuffled;
        int wanted = SupportSize(pool.Support.Length, strata.Length, size);
        int[][] parts = IsStratified(pool, strata, wanted, random) ? strata : [pool.Support];
        foreach (int[] part in parts)
        {
            int share = _options.Shots ?? (int)Math.Round((double)wanted * part.Length / pool.Support.Length);
            int most = pool.Query is null ? Math.Max(1, part.Length - 1) : part.Length;
            int take = Math.Clamp(share, 1, most);
            int[] shuffled = Some(part, isLarge ? take : part.Length, random);
            support.AddRange(shuffled[..take]);
            rest.AddRange(shuffled[take..]);
        }

        if (pool.Query is null && support.Count == pool.Support.Length)
        {
            // Every class has a single row. One of these rows is the query.
            int moved = random.Next(support.Count);
            rest.Add(support[moved]);
            support.RemoveAt(moved);
        }

        int queries = Math.Min(_queries, pool.Query?.Length ?? pool.Support.Length - support.Count);
        int[] query = pool.Query is null && isLarge ? Others(pool.Support, support, queries, random) : Some(pool.Query ?? [.. rest], queries, random);
        return new Episode(pool.Task, [.. support], query, pool.Task.Classes);
    }

    // By default only where each class has a row in its natural proportion: a row more of a rare class in the support would be
    // missing in the query, and the query would no longer have the class at its rate.
    private bool IsStratified(EpisodePool pool, int[][] strata, int wanted, Random random)
    {
        if (strata.Length == 1)
            return true;
        if (_options.StratifiedShare is { } share)
            return random.NextDouble() < share;
        return !_isOpen || (random.NextDouble() < DefaultStratifiedShare && (long)wanted * strata.Min(stratum => stratum.Length) >= pool.Support.Length);
    }

    // A row that is taken already is replaced by another draw, which is rare.
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

    /// <summary>Some of the values, in random order, each at most once.</summary>
    internal static int[] Some(int[] values, int count, Random random) => Array.ConvertAll(Some(values.Length, count, random), i => values[i]);

    /// <summary>Some of the numbers below <paramref name="total"/>, in random order, each at most once.</summary>
    internal static int[] Some(int total, int count, Random random)
    {
        if (total <= MostShuffled || count > total / 8)
        {
            int[] numbers = [.. Enumerable.Range(0, total)];
            random.Shuffle(numbers);
            return numbers[..count];
        }

        // The first steps of the same shuffle. Only the numbers that moved are stored.
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
