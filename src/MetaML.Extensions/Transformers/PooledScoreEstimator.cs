using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>Trains an estimator on all tasks together, and adds its score as a column.</summary>
/// <remarks>
/// The estimator is fitted once on all tasks, and once for each fold of tasks without the tasks of the fold. The rows of a training task get the score of the
/// model that was trained without this task. The score therefore means the same for training tasks and for new tasks, and what is learned from it
/// later, such as the deviation of each task, is not misled by rows that the model has seen. Source: Wolpert, Stacked generalization, 1992, with folds of tasks.
/// </remarks>
public sealed class PooledScoreEstimator : IEstimator<PooledScoreTransformer>
{
    private readonly IHostEnvironment _env;
    private readonly IEstimator<ITransformer> _trainer;
    private readonly string _task;
    private readonly string _score;
    private readonly string _output;
    private readonly int _folds;
    private readonly int _seed;

    internal PooledScoreEstimator(IHostEnvironment env, IEstimator<ITransformer> trainer, string outputColumnName, string taskColumnName, string scoreColumnName, int folds, int seed)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(taskColumnName);
        ArgumentException.ThrowIfNullOrEmpty(scoreColumnName);
        if (folds < 2)
            throw new ArgumentOutOfRangeException(nameof(folds), folds, $"PooledScore.{nameof(folds)} must be at least 2; got {folds}. Each training task is scored by a model that was trained without it. Set 2 or more.");
        (_env, _trainer, _output, _task, _score, _folds, _seed) = (env, trainer, outputColumnName, taskColumnName, scoreColumnName, folds, seed);
    }

    /// <summary>Fits the estimator on all tasks, and without each fold of tasks.</summary>
    /// <param name="input">Labelled rows of at least two tasks. They are read several times.</param>
    /// <exception cref="ArgumentException">A column is absent or of the wrong type, or the estimator does not score row by row.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than two tasks, a row has no task, or the estimator fails.</exception>
    public PooledScoreTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ColumnNames.CheckTask(input.Schema, _task);
        string[] tasks = Tasks(input);
        if (tasks.Length < 2)
            throw new InvalidOperationException($"PooledScore must have rows of at least two tasks; got {tasks.Length}. A training task is scored by a model of the other tasks. Check the column '{_task}', or use the trainer itself.");
        new Random(_seed).Shuffle(tasks);
        int count = Math.Min(_folds, tasks.Length);
        var folds = tasks.Select((task, i) => (task, Fold: i % count)).ToDictionary(pair => pair.task, pair => pair.Fold, StringComparer.Ordinal);
        ITransformer[] models = new ITransformer[count + 1];
        for (int fold = 0; fold < count; fold++)
            models[fold] = Fit(RowFilter.ByTask(input, _task, tasks.Where(task => folds[task] != fold).ToHashSet(StringComparer.Ordinal)), input.Schema, $"without fold {fold + 1} of {count}");
        models[count] = Fit(input, input.Schema, "on all tasks");
        return new PooledScoreTransformer(_env, models, folds, _task, _score, _output);
    }

    private ITransformer Fit(IDataView rows, DataViewSchema schema, string which)
    {
        ITransformer model;
        try
        {
            model = _trainer.Fit(rows);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw new InvalidOperationException($"PooledScore must have a trainer that can be fitted on part of the tasks; it failed {which}: {error.Message} Give every fold rows of every class, or use fewer folds.", error);
        }

        if (!model.IsRowToRowMapper)
            throw new ArgumentException($"PooledScore must have a trainer whose model scores row by row; got {model.GetType().Name}. The score of a row could not depend on its task. Use another trainer.");
        if (model.GetOutputSchema(schema).GetColumnOrNull(_score) is null)
            throw MissingScore(model.GetOutputSchema(schema).Select(column => column.Name));
        return model;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ColumnNames.CheckTask(inputSchema, _task);
        SchemaShape fitted = _trainer.GetOutputSchema(inputSchema);
        if (!fitted.TryFindColumn(_score, out SchemaShape.Column score))
            throw MissingScore(fitted.Select(column => column.Name));
        return inputSchema.With(new SchemaShape.Column(_output, score.Kind, score.ItemType, score.IsKey));
    }

    private string[] Tasks(IDataView input)
    {
        var tasks = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using DataViewRowCursor cursor = input.GetRowCursor(input.Schema[_task]);
        Func<string?> taskOf = TaskNames.Getter(cursor, _task);
        while (cursor.MoveNext())
        {
            string task = taskOf() ?? throw TaskNames.Missing(input.Schema[_task], cursor.Position);
            if (seen.Add(task))
                tasks.Add(task);
        }

        return [.. tasks];
    }

    private ArgumentException MissingScore(IEnumerable<string> available) =>
        new($"PooledScore.scoreColumnName must be an output column of the trainer; got '{_score}'. There is no score to add. Name one of its columns: {string.Join(", ", available)}.");
}
