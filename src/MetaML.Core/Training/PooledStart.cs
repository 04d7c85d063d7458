using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Computes the initial values of an adapter from the pooled rows of all training tasks, so that training starts from their class rates.</summary>
internal static class PooledStart
{
    /// <summary>The minimum number of tasks. Pooled rows of fewer tasks say little about a new task.</summary>
    public const int FewestTasks = 5;

    // The cost is linear in the rows times the dimension of an embedding.
    private const int MaximumRows = 10_000;
    private const long MaximumValues = 1_000_000;

    /// <summary>Sets the values if there are at least five tasks and all tasks share the classes. Otherwise they do not change.</summary>
    /// <param name="problem">The tasks. Validation tasks are not read.</param>
    /// <param name="scaling">The scaling of the features, or null.</param>
    /// <param name="encoder">The initial values of the encoder.</param>
    /// <param name="adapter">The initial values of the adapter, which are overwritten.</param>
    /// <param name="seed">The seed of the choice of rows.</param>
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
        var model = new MetaModel(problem.Design, scaling, problem.Prepared.Labels, encoder, adapter) { CovariateScaling = problem.Prepared.Covariates };
        problem.Design.Adapter.StartFromPooled(adapter, model.EmbedStandardized(problem.Tasks.Features, pooled));
    }

    // The task and position of each row. Rows are numbered over all tasks, and the numbers ascend.
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
