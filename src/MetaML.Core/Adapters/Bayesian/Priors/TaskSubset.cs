using MetaML.Episodes;
using MetaML.Heads;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The tasks and rows that empirical Bayes learns a prior from: enough for a precise prior, and few enough for a bounded cost.</summary>
/// <remarks>The standard error of a variance over T tasks is √(2/T) of it, 1.4 % for 10,000 tasks, which changes predictions far less than their own error does.</remarks>
internal static class TaskSubset
{
    private const int RowsPerValue = 4;

    // Multiplications of a step of the search.
    private const double MostWork = 5e8, MostWorkOfSelection = 1e8;

    private const int Most = 10_000, Fewest = 200, MostOfSelection = 1000, FewestOfSelection = 100;

    /// <summary>The task, or some of its rows, drawn since rows may have any order. With four rows for each value of an embedding the head is known well beside the variation of heads.</summary>
    /// <param name="task">All rows.</param>
    /// <param name="mostRows">The largest number of rows, or four for each value of an embedding if that is more.</param>
    public static EmbeddedTask Thin(EmbeddedTask task, int mostRows)
    {
        int most = Math.Max(mostRows, RowsPerValue * task.Dimension);
        return task.RowCount <= most ? task : task.Select(RowSampler.Some(task.RowCount, most, new Random(0)));
    }

    /// <summary>The largest number of tasks that a prior is learned from.</summary>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="meanRows">Mean number of rows of a task.</param>
    public static int Count(int width, double meanRows) => Bounded(MostWork, width, meanRows, Fewest, Most);

    /// <summary>Evenly spaced tasks by which the form of the covariance is chosen.</summary>
    /// <param name="tasks">All tasks.</param>
    /// <param name="width">Embedding + 1.</param>
    public static TaskEvidence[] ForSelection(IReadOnlyList<TaskEvidence> tasks, int width) =>
        Some(tasks, Bounded(MostWorkOfSelection, width, tasks.Average(task => (double)task.RowCount), FewestOfSelection, MostOfSelection));

    /// <summary>Evenly spaced elements, at most the given number.</summary>
    /// <param name="all">In any order.</param>
    /// <param name="most">The largest number of them.</param>
    public static T[] Some<T>(IReadOnlyList<T> all, int most)
    {
        int count = Math.Min(all.Count, most);
        return [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Count / count)])];
    }

    private static int Bounded(double work, int width, double meanRows, int fewest, int most)
    {
        double rows = Math.Min(meanRows, width);
        return (int)Math.Clamp(work / (1.5 * rows * rows * width + 1), fewest, most);
    }
}
