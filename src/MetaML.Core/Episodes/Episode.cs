using MetaML.Data;

namespace MetaML.Episodes;

/// <summary>The support and the query of one task, drawn for one meta-training step.</summary>
/// <param name="task">The task whose rows are drawn.</param>
/// <param name="support">Positions of the support among the task's labelled rows.</param>
/// <param name="query">Positions of the query among the task's labelled rows.</param>
/// <param name="classes">The classes of the episode: output k is class <c>classes[k]</c>. Empty for regression.</param>
internal sealed class Episode(LearningTask task, int[] support, int[] query, int[] classes)
{
    public LearningTask Task { get; } = task;

    /// <summary>The task's position in the task set.</summary>
    public int TaskNumber => Task.Number;

    public int[] Support { get; } = support;

    public int[] Query { get; } = query;

    public int[] Classes { get; } = classes;

    /// <summary>An episode with all rows of a task as support, for adaptation after training.</summary>
    public static Episode Adapting(LearningTask task) => Adapting(task, task.Classes);

    /// <summary>The same episode with given classes.</summary>
    public static Episode Adapting(LearningTask task, int[] classes) => new(task, [.. Enumerable.Range(0, task.RowCount)], [], classes);
}
