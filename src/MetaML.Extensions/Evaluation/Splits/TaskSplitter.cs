using MetaML.Extensions.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Splits;

/// <summary>Splits data by task, by the names of the tasks.</summary>
internal sealed class TaskSplitter
{
    private readonly IDataView _data;
    private readonly string _taskColumn;
    private readonly string[] _tasks; // in random order

    public TaskSplitter(IDataView data, string taskColumn, int seed)
    {
        _data = data;
        _taskColumn = taskColumn;
        _tasks = [.. LabeledRows.ReadTasks(data, taskColumn)];
        new Random(seed).Shuffle(_tasks);
    }

    public int TaskCount => _tasks.Length;

    /// <summary>Parts by their shares of the tasks; the first takes what the others leave.</summary>
    /// <param name="shares">Shares of all parts but the first.</param>
    /// <exception cref="InvalidOperationException">A part would have no task.</exception>
    public IDataView[] Split(params double[] shares)
    {
        int[] sizes = [.. shares.Select(share => Math.Max(1, (int)Math.Round(share * _tasks.Length)))];
        int first = _tasks.Length - sizes.Sum();
        if (first < 1)
            throw new InvalidOperationException($"Data must have at least {shares.Length + 1} tasks to be split by task; got {_tasks.Length}, of which {sizes.Sum()} would be held out. Nothing would be left to learn from. Lower the fractions, or give more tasks.");
        var parts = new List<IDataView> { Part(_tasks[..first]) };
        foreach (int size in sizes)
        {
            parts.Add(Part(_tasks[first..(first + size)]));
            first += size;
        }

        return [.. parts];
    }

    /// <summary>Each fold's training and held-out tasks.</summary>
    /// <exception cref="InvalidOperationException">There are fewer tasks than folds.</exception>
    public IEnumerable<(IDataView Training, IDataView HeldOut)> Folds(int count)
    {
        if (_tasks.Length < count)
            throw new InvalidOperationException($"Data must have at least as many tasks as folds, {count}; got {_tasks.Length}. Lower numberOfFolds.");
        return Enumerable.Range(0, count).Select(fold =>
            ((IDataView)Part([.. _tasks.Where((_, i) => i % count != fold)]), (IDataView)Part([.. _tasks.Where((_, i) => i % count == fold)])));
    }

    /// <summary>One evaluation of several that judged different tasks by the same strategies.</summary>
    public static FewShotEvaluation Merge(IReadOnlyList<FewShotEvaluation> folds) => folds[0] with
    {
        Curves = [.. folds[0].Curves.Select((first, i) =>
        {
            FewShotCurve[] curves = [.. folds.Select(fold => fold.Curves[i])];
            Exception? exception = curves.Select(curve => curve.Exception).FirstOrDefault(failure => failure is not null);
            return first with
            {
                Points = [.. folds[0].SupportSizes.Select((size, s) => (size, s)).Where(pair => curves.All(curve => curve.Points.Count > pair.s))
                    .Select(pair => new FewShotPoint(pair.size, Merge(curves.Select(curve => curve.Points[pair.s].Evaluation))))],
                Overall = exception is null ? Merge(curves.Select(curve => curve.Overall!)) : null,
                RuntimeInSeconds = curves.Sum(curve => curve.RuntimeInSeconds),
                Exception = exception,
            };
        })],
        SkippedTasks = [.. folds.SelectMany(fold => fold.SkippedTasks)],
    };

    private static TaskEvaluation Merge(IEnumerable<TaskEvaluation> evaluations)
    {
        TaskEvaluation[] all = [.. evaluations];
        return new TaskEvaluation(all[0].Kind, [.. all.SelectMany(evaluation => evaluation.Tasks)]);
    }

    private RowFilter Part(string[] tasks) => RowFilter.ByTask(_data, _taskColumn, new HashSet<string>(tasks));
}
