using MetaML.Extensions.Chains;
using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments;

/// <summary>How much the training tasks of an experiment help each other, in the eyes of its best meta-learned model.</summary>
/// <remarks>Values below −1 count as −1, as they do in <see cref="TaskRelatedness"/>'s groups: a loss has no upper bound, and one misleading pair would hide all others. Every task's head scores every other task's rows: O(tasks² · rows). Of many tasks a picture could not be read, and of many rows a sample says the same.</remarks>
internal static class ExperimentRelatedness
{
    internal const int MostTasks = 200, MostRows = 50;

    /// <summary>Measures it; null where labels mean something else in each task, where there are fewer than two tasks of two rows or too many tasks, or on cancellation.</summary>
    /// <param name="context">The context.</param>
    /// <param name="model">Holds a meta-learner; null where none succeeded.</param>
    /// <param name="training">The tasks that it learned from.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    public static RelatednessMatrix? Of(MLContext context, ITransformer? model, EvaluationRows training, CancellationToken cancellationToken)
    {
        if (model is null || !ChainAdapter.FindLearner(model).Model.HasCommonOutputs)
            return null;
        try
        {
            int[][] rows = [.. training.Rows.RowsByTask().Where(task => task.Length > 1)];
            if (rows.Length is < 2 or > MostTasks)
                return null;
            IDataView sample = RowFilter.ByPosition(training.View, rows.SelectMany(task => task.Take(MostRows)));
            TaskRelatedness related = context.MetaLearning().Relatedness(model, sample, RelatednessMeasure.Functional, cancellationToken);
            int[] tasks = [.. Enumerable.Range(0, related.TaskNames.Count)];
            return new RelatednessMatrix("transfer gain", related.TaskNames, [.. tasks.Select(from => (IReadOnlyList<double>)[.. tasks.Select(to => Math.Max(-1, related[from, to]))])])
            {
                Description = "1 − its loss with what was learned on the other’s rows / its loss with the prior alone; what is below −1 counts as −1",
            };
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
