using MetaML.Extensions.Chains;
using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments;

/// <summary>Measures how much the training tasks of an experiment help each other, with its best meta-learned model.</summary>
/// <remarks>
/// Values below −1 are raised to −1, as in the groups of <see cref="TaskRelatedness"/>: a loss has no upper bound, and one very bad
/// pair would dominate all others. The head of every task scores the rows of every other task, at a cost of O(tasks² · rows).
/// A matrix of more than 200 tasks is not readable, and a sample of 50 rows of each task is sufficient.
/// </remarks>
internal static class ExperimentRelatedness
{
    internal const int MaximumTasks = 200, MaximumRows = 50;

    /// <summary>Measures the relatedness of the training tasks.</summary>
    /// <param name="context">The context.</param>
    /// <param name="model">A model with a meta-learner; null if no meta-learned strategy succeeded.</param>
    /// <param name="training">The training tasks of the model.</param>
    /// <param name="cancellationToken">Cancels between tasks.</param>
    /// <returns>
    /// The matrix. Null if there is no model, if class sets differ by task, if fewer than two tasks have two rows, if there are
    /// too many tasks, or on cancellation.
    /// </returns>
    public static RelatednessMatrix? Of(MLContext context, ITransformer? model, EvaluationRows training, CancellationToken cancellationToken)
    {
        if (model is null || !ChainAdapter.FindEncoder(model).Encoder.HasCommonOutputs)
            return null;
        try
        {
            int[][] rows = [.. training.Rows.RowsByTask().Where(task => task.Length > 1)];
            if (rows.Length is < 2 or > MaximumTasks)
                return null;
            IDataView sample = RowFilter.ByPosition(training.View, rows.SelectMany(task => task.Take(MaximumRows)));
            TaskRelatedness related = context.MetaLearning().Relatedness(model, sample, RelatednessMeasure.Functional, cancellationToken);
            int[] tasks = [.. Enumerable.Range(0, related.TaskNames.Count)];
            return new RelatednessMatrix("transfer gain", related.TaskNames, [.. tasks.Select(from => (IReadOnlyList<double>)[.. tasks.Select(to => Math.Max(-1, related[from, to]))])])
            {
                Description = "1 − (loss of the column’s task with the head of the row’s task) / (its loss with the prior alone); values below −1 are shown as −1",
            };
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
