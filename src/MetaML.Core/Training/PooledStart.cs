using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Initial values of an adapter from the rows of all training tasks together, so that training starts with classes at their rates.</summary>
internal static class PooledStart
{
    /// <summary>With fewer tasks, what they have in common says little of a new task.</summary>
    public const int FewestTasks = 5;

    // The cost is linear in rows times values of an embedding.
    private const int MaximumRows = 10_000;
    private const long MaximumValues = 1_000_000;

    /// <summary>Sets the values if there are at least five tasks and all tasks share the classes; else changes nothing.</summary>
    /// <param name="problem">The tasks; held-out ones are not read.</param>
    /// <param name="scaling">Of the features, or null.</param>
    /// <param name="encoder">The encoder's initial values.</param>
    /// <param name="adapter">The adapter's initial values; may be overwritten.</param>
    /// <param name="seed">Of the choice of rows.</param>
    public static void Set(LearningProblem problem, FeatureScaling? scaling, ParameterArray[] encoder, ParameterArray[] adapter, int seed)
    {
        if (problem.Tasks.Kind == LabelKind.Regression || problem.Tasks.Tasks.Count < FewestTasks || !problem.Design.Head.HasCommonOutputs || !problem.Design.Adapter.Parameters.Any(spec => spec.IsTrained))
            return;
        IReadOnlyList<LearningTask> tasks = problem.Prepared.TrainingTasks.Tasks;
        int total = tasks.Sum(task => task.RowCount);
        int count = (int)Math.Min(total, Math.Clamp(MaximumValues / problem.Design.Head.EmbeddingDimension, 1, MaximumRows));
        (LearningTask Task, int Position)[] some = [.. Locate(tasks, [.. RowSampler.Some(total, count, new Random(seed)).Order()])];
        var pooled = new LearningTask(
            "",
            Array.ConvertAll(some, row => row.Task.Rows[row.Position]),
            Array.ConvertAll(some, row => row.Task.Labels[row.Position]),
            Array.ConvertAll(some, row => row.Task.Weights?[row.Position] ?? 1),
            problem.Tasks.Tasks[0].Classes);
        var model = new MetaModel(problem.Design, scaling, problem.Prepared.Labels, encoder, adapter);
        problem.Design.Adapter.StartFromPooled(adapter, model.EmbedStandardized(problem.Tasks.Features, pooled));
    }

    // The tasks of rows that are numbered over all tasks, ascending.
    private static IEnumerable<(LearningTask Task, int Position)> Locate(IReadOnlyList<LearningTask> tasks, int[] rows)
    {
        int task = 0, first = 0;
        foreach (int row in rows)
        {
            while (row >= first + tasks[task].RowCount)
                first += tasks[task++].RowCount;
            yield return (tasks[task], row - first);
        }
    }
}
