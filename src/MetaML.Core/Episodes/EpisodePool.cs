using MetaML.Data;

namespace MetaML.Episodes;

/// <summary>A task with the rows that its episodes are drawn from.</summary>
/// <param name="Task">The task.</param>
/// <param name="Support">Positions, among the task's rows, of the rows that may be support.</param>
/// <param name="Query">Positions of the rows that may be query; null for all rows that are not in the support.</param>
internal sealed record EpisodePool(LearningTask Task, int[] Support, int[]? Query = null)
{
    /// <summary>All rows of a task, for support and query.</summary>
    public static EpisodePool Whole(LearningTask task) => new(task, [.. Enumerable.Range(0, task.RowCount)]);

    /// <summary>The number of support rows of each class, over all tasks.</summary>
    public static IEnumerable<int> RowsOfClasses(IEnumerable<EpisodePool> pools) =>
        pools.SelectMany(pool => pool.Support.Select(row => pool.Task.Labels[row])).CountBy(label => label).Select(rows => rows.Value);

    /// <summary>Whether an episode can be formed: a support row, and a row to spare for the query.</summary>
    /// <param name="set">The task's set. If each task has classes of its own, the support must also have two classes.</param>
    public bool CanFormEpisode(TaskSet set)
    {
        int classes = set.HasCommonOutputs ? 1 : Support.Select(i => Task.Labels[i]).Distinct().Take(2).Count();
        bool enough = set.HasCommonOutputs ? Support.Length > 0 : classes == 2;
        return enough && (Query is null ? Support.Length > classes : Query.Length > 0);
    }
}
