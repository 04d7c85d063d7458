using MetaML.Data;

namespace MetaML.Episodes;

/// <summary>Draws N-way K-shot episodes: some classes of a pool (the classes of a task), numbered anew, and rows of each.</summary>
/// <remarks>Source: Vinyals et al., Matching Networks for One Shot Learning, 2016, arXiv 1606.04080.</remarks>
internal sealed class ClassSampler : IEpisodeSampler
{
    private const int DefaultShots = 5;
    private const int DefaultQueries = 15;

    private readonly EpisodeOptions _options;
    private readonly int _shots;
    private readonly List<(LearningTask Task, int[] Classes, int[][] Positions)> _pools = [];

    /// <param name="tasks">The pools. A pool with fewer usable classes than <see cref="EpisodeOptions.Ways"/> is left out.</param>
    /// <param name="options"><see cref="EpisodeOptions.Ways"/> must be set.</param>
    public ClassSampler(IEnumerable<LearningTask> tasks, EpisodeOptions options)
    {
        _options = options;
        _shots = options.Shots ?? DefaultShots;
        foreach (LearningTask task in tasks)
        {
            var usable = Enumerable.Range(0, task.RowCount)
                .GroupBy(i => (int)task.Labels[i])
                .Where(rows => rows.Count() > _shots)
                .OrderBy(rows => rows.Key)
                .ToArray();
            if (usable.Length >= options.Ways)
                _pools.Add((task, [.. usable.Select(g => g.Key)], [.. usable.Select(g => g.ToArray())]));
        }
    }

    /// <summary>Whether no pool has enough classes with enough rows.</summary>
    public bool IsEmpty => _pools.Count == 0;

    /// <inheritdoc/>
    public IReadOnlyList<Episode> Draw(Random random)
    {
        var episodes = new Episode[_options.TasksPerIteration];
        for (int t = 0; t < episodes.Length; t++)
        {
            var (task, classes, positions) = _pools[random.Next(_pools.Count)];
            int[] ways = RowSampler.Some(classes.Length, _options.Ways!.Value, random);
            var support = new List<int>();
            var query = new List<int>();
            foreach (int way in ways)
            {
                int[] rows = positions[way];
                int queries = Math.Min(_options.Queries ?? DefaultQueries, rows.Length - _shots);
                int[] order = RowSampler.Some(rows.Length, _shots + queries, random);
                support.AddRange(order[.._shots].Select(i => rows[i]));
                query.AddRange(order[_shots..].Select(i => rows[i]));
            }

            episodes[t] = new Episode(task, [.. support], [.. query], Array.ConvertAll(ways, way => classes[way]));
        }

        return episodes;
    }
}
