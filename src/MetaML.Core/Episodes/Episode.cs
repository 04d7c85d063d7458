using MetaML.Data;

namespace MetaML.Episodes;

/// <summary>One task's support and query, drawn for one meta-training step.</summary>
/// <param name="task">The task whose rows are drawn.</param>
/// <param name="support">Positions among the task's labelled rows to adapt on.</param>
/// <param name="query">Positions among the task's labelled rows to be evaluated on.</param>
/// <param name="classes">The classes to tell apart: output k of the episode is class <c>classes[k]</c>. Empty for regression.</param>
internal sealed class Episode(LearningTask task, int[] support, int[] query, int[] classes)
{
    public LearningTask Task { get; } = task;

    /// <summary>The task's position in the task set.</summary>
    public int TaskNumber => Task.Number;

    public int[] Support { get; } = support;

    public int[] Query { get; } = query;

    public int[] Classes { get; } = classes;

    /// <summary>All rows of a task as support, to adapt on rather than to train on.</summary>
    public static Episode Adapting(LearningTask task) => Adapting(task, task.Classes);

    /// <summary>The same, to tell other classes apart than the task itself names.</summary>
    public static Episode Adapting(LearningTask task, int[] classes) => new(task, [.. Enumerable.Range(0, task.RowCount)], [], classes);
}
