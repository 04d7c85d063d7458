using MetaML.Data;

namespace MetaML.Episodes;

/// <summary>A task with the rows that may serve as its support and as its query.</summary>
/// <param name="Task">The task.</param>
/// <param name="Support">Positions among the task's rows that may be adapted on.</param>
/// <param name="Query">Positions that may be evaluated on, or null for whichever the support leaves over.</param>
internal sealed record EpisodePool(LearningTask Task, int[] Support, int[]? Query = null)
{
    public static EpisodePool Whole(LearningTask task) => new(task, [.. Enumerable.Range(0, task.RowCount)]);

    /// <summary>Whether an episode can be formed: a support row, and a row to spare for the query.</summary>
    /// <param name="set">The task's set. If each task has classes of its own, the support must also have two classes.</param>
    public bool CanFormEpisode(TaskSet set)
    {
        int classes = set.HasCommonOutputs ? 1 : Support.Select(i => Task.Labels[i]).Distinct().Take(2).Count();
        bool enough = set.HasCommonOutputs ? Support.Length > 0 : classes == 2;
        return enough && (Query is null ? Support.Length > classes : Query.Length > 0);
    }
}
