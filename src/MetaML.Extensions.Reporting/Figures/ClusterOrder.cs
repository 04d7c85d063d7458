namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Orders items so that similar items are neighbours, by hierarchical clustering with average linkage.</summary>
/// <remarks>
/// Nearest-neighbour chains find all merges in O(n²) (Murtagh, A survey of recent advances in hierarchical clustering
/// algorithms, 1983). Two clusters can be joined in four ways. The join with the most similar neighbours at the joint is used.
/// </remarks>
internal sealed class ClusterOrder
{
    private readonly List<(int Left, int Right, double Similarity)> _merges = [];

    /// <summary>Clusters items.</summary>
    /// <param name="values">[n][n] similarities. The similarity of a pair is the mean of its two values. NaN counts as 0.</param>
    public ClusterOrder(IReadOnlyList<IReadOnlyList<double>> values)
    {
        int n = values.Count;
        var similarity = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                similarity[i, j] = (Finite(values[i][j]) + Finite(values[j][i])) / 2;
        }

        Order = n == 0 ? [] : Merge(similarity);
    }

    /// <summary>The indices of the items, in order.</summary>
    public int[] Order { get; }

    /// <summary>Divides the order into clusters.</summary>
    /// <param name="count">The number of clusters, at most the number of items.</param>
    public List<int[]> Cut(int count)
    {
        int[] parent = [.. Enumerable.Range(0, Order.Length)];
        foreach ((int left, int right, _) in _merges.OrderByDescending(merge => merge.Similarity).Take(Order.Length - count))
            parent[Root(left)] = Root(right);
        var clusters = new List<int[]>();
        for (int start = 0; start < Order.Length;)
        {
            int end = start + 1;
            while (end < Order.Length && Root(Order[end]) == Root(Order[start]))
                end++;
            clusters.Add(Order[start..end]);
            start = end;
        }

        return clusters;

        int Root(int i) => parent[i] == i ? i : parent[i] = Root(parent[i]);
    }

    private int[] Merge(double[,] similarity)
    {
        int n = similarity.GetLength(0);
        var between = (double[,])similarity.Clone(); // similarities of clusters; the index of a cluster is that of its first item
        List<int>?[] members = [.. Enumerable.Range(0, n).Select(i => new List<int> { i })];
        var chain = new Stack<int>();
        for (int clusterCount = n; clusterCount > 1;)
        {
            if (chain.Count == 0)
                chain.Push(Array.FindIndex(members, cluster => cluster is not null));
            int top = chain.Peek(), before = chain.Count > 1 ? chain.ElementAt(1) : -1;
            int nearest = before;
            for (int i = 0; i < n; i++)
            {
                if (i != top && members[i] is not null && (nearest < 0 || between[top, i] > between[top, nearest]))
                    nearest = i;
            }

            if (nearest != before)
            {
                chain.Push(nearest);
                continue;
            }

            chain.Pop();
            chain.Pop();
            (List<int> first, List<int> second) = (members[top]!, members[before]!);
            _merges.Add((top, before, between[top, before]));
            for (int i = 0; i < n; i++)
                between[top, i] = between[i, top] = (first.Count * between[top, i] + second.Count * between[before, i]) / (first.Count + second.Count);
            members[top] = Join(first, second, similarity);
            members[before] = null;
            clusterCount--;
        }

        return [.. members.First(cluster => cluster is not null)!];
    }

    private static List<int> Join(List<int> first, List<int> second, double[,] similarity)
    {
        double best = new[] { similarity[first[^1], second[0]], similarity[first[0], second[0]], similarity[first[^1], second[^1]], similarity[first[0], second[^1]] }.Max();
        if (similarity[first[^1], second[0]] < best && (similarity[first[0], second[0]] == best || similarity[first[0], second[^1]] == best))
            first.Reverse();
        if (similarity[first[^1], second[0]] < best)
            second.Reverse();
        first.AddRange(second);
        return first;
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;
}
