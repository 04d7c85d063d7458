namespace MetaML.Relatedness;

/// <summary>Hierarchical clustering by average linkage: the two groups with the smallest mean distance are merged repeatedly (Sokal and Michener, 1958).</summary>
/// <remarks>When two groups are merged, they are placed so that the nearest ends meet. Cost O(tasks³).</remarks>
internal sealed class TaskHierarchy
{
    private readonly int[][][] _levels; // [merges][groups][tasks]

    /// <param name="distances">[tasks, tasks], symmetric.</param>
    public TaskHierarchy(double[,] distances)
    {
        int tasks = distances.GetLength(0);
        var between = (double[,])distances.Clone(); // mean distance of the groups with the keys i and j
        var groups = new SortedDictionary<int, int[]>(Enumerable.Range(0, tasks).ToDictionary(i => i, i => new[] { i }));
        var levels = new List<int[][]> { groups.Values.ToArray() };
        while (groups.Count > 1)
        {
            int[] keys = [.. groups.Keys];
            var (a, b) = Nearest(keys, between);
            double shareA = (double)groups[a].Length / (groups[a].Length + groups[b].Length);
            foreach (int other in keys)
                between[a, other] = between[other, a] = shareA * between[a, other] + (1 - shareA) * between[b, other];
            groups[a] = Join(groups[a], groups[b], distances);
            groups.Remove(b);
            levels.Add([.. groups.Values]);
        }

        _levels = [.. levels];
        Order = tasks == 0 ? [] : _levels[^1][0];
    }

    /// <summary>The tasks, ordered so that related tasks are neighbours.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>The clustering with this number of groups, in the order of <see cref="Order"/>.</summary>
    public IEnumerable<IEnumerable<int>> Cut(int count)
    {
        int[] position = new int[Order.Count];
        for (int i = 0; i < position.Length; i++)
            position[Order[i]] = i;
        return _levels[^count].Select(group => group.OrderBy(task => position[task])).OrderBy(group => position[group.First()]);
    }

    private static (int A, int B) Nearest(int[] groups, double[,] between)
    {
        var best = (A: groups[0], B: groups[1]);
        for (int i = 0; i < groups.Length; i++)
        {
            for (int j = i + 1; j < groups.Length; j++)
            {
                if (between[groups[i], groups[j]] < between[best.A, best.B])
                    best = (groups[i], groups[j]);
            }
        }

        return best;
    }

    private static int[] Join(int[] left, int[] right, double[,] distances)
    {
        (int[] Left, int[] Right)[] placements = [(left, right), (Reversed(left), right), (left, Reversed(right)), (Reversed(left), Reversed(right))];
        var nearest = placements.MinBy(placement => distances[placement.Left[^1], placement.Right[0]]);
        return [.. nearest.Left, .. nearest.Right];
    }

    private static int[] Reversed(int[] group) => [.. Enumerable.Reverse(group)];
}
