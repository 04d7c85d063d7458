using MetaML.Extensions.Chains;
using MetaML.Extensions.Live;
using MetaML.Extensions.Persistence;
using MetaML.Extensions.Transformers;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>A model whose tasks change while it is used, for services: many threads add rows to tasks, take rows away, and predict.</summary>
/// <remarks>
/// <para>Rows are objects, as those of ML.NET's prediction engine. They pass through the steps of the chain one by one. A change of a task replaces its head and no other part of the model.
/// If the task or the class of a row is unknown to a MapValueToKey of the chain, the chain itself is renewed, as by Update, which takes milliseconds.</para>
/// <para>With ridge and Bayesian (Gaussian) adapters, a row changes the posterior of its task by recursive least squares, at a cost of O(embedding²). The result equals that of
/// Update up to rounding (1e-5 of the largest score). With a forgetting factor and with other adapters the head is fitted again, as by Update.</para>
/// <para>Thread safety: all members may be called by any number of threads at once. Predictions wait for no change, and see each change as a whole. Each call takes effect at one moment between its
/// start and its end: the results are those of the same calls one after the other. Changes of different tasks rarely wait for each other. Changes are in memory until <see cref="Save"/> or <see cref="ExportTask"/>.</para>
/// <para>Source: recursive least squares by the square root of the covariance; Carlson, Fast triangular formulation of the square root filter, 1973.</para>
/// </remarks>
/// <typeparam name="TRow">The type of a row: the members are the columns of the model's input, with the label.</typeparam>
/// <typeparam name="TPrediction">The type of a prediction: the members are columns of the model's output, for example Score.</typeparam>
/// <example>
/// <code>
/// using var stores = ml.MetaLearning().LiveTasks&lt;Day, Forecast&gt;(model);
/// stores.Update(new Day { Store = "store 7", Price = 2, Demand = 30 });            // on any thread
/// Forecast forecast = stores.Predict(new Day { Store = "store 7", Price = 3 });    // on any thread
/// stores.Save("model.zip");
///
/// class Day
/// {
///     public string Store { get; set; } = "";
///     public float Price { get; set; }
///     public float Demand { get; set; }
/// }
///
/// class Forecast
/// {
///     public float Score { get; set; }
/// }
/// </code>
/// </example>
public sealed class LiveTasks<TRow, TPrediction> : IDisposable
    where TRow : class
    where TPrediction : class, new()
{
    private readonly MLContext _context;
    private readonly IHost _host;
    private readonly SchemaDefinition? _definition;
    private readonly UpdateOptions _options;
    private readonly TaskLocks _locks = new();
    private readonly TaskPosteriors _posteriors = new();
    private readonly Lock _saving = new();
    private volatile LiveChain<TRow, TPrediction> _chain;
    private volatile bool _isDisposed;

    internal LiveTasks(MLContext context, ITransformer model, UpdateOptions? options, SchemaDefinition? definition)
    {
        _context = context;
        _host = ((IHostEnvironment)context).Register("LiveTasks");
        _definition = definition;
        _options = (options ?? new UpdateOptions()) with { };
        _options.Validate();
        _chain = new LiveChain<TRow, TPrediction>(context, model, definition);
    }

    /// <summary>The names of the tasks that are known at this moment.</summary>
    public IEnumerable<string> TaskNames => Chain.Tasks.Current.Keys;

    private LiveChain<TRow, TPrediction> Chain
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _chain;
        }
    }

    /// <summary>Whether a task is known at this moment.</summary>
    /// <param name="task">The task's name; "" without a Task column.</param>
    public bool KnowsTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Chain.Tasks.Current.ContainsKey(task);
    }

    /// <summary>Predicts a row with the head of its task at this moment.</summary>
    /// <param name="row">The row. Its label is ignored.</param>
    /// <returns>The columns of the model's output.</returns>
    /// <exception cref="InvalidOperationException">The task is unknown, and the model was trained with <see cref="UnknownTaskHandling.Throw"/>.</exception>
    public TPrediction Predict(TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Chain.Predict(row);
    }

    /// <summary>Adds a labelled row to the task that it names. A task that is unknown is adapted to the row.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The alarm of <see cref="UpdateOptions.Drift"/>; null for none.</returns>
    /// <exception cref="InvalidOperationException">A feature, task, label or weight is missing or invalid, or the task keeps no statistics. Nothing has changed.</exception>
    /// <exception cref="ArgumentException">The class does not fit the model. Nothing has changed.</exception>
    public DriftAlarm? Update(TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Add([row], CancellationToken.None) is [var alarm] ? alarm : null;
    }

    /// <summary>Adds labelled rows to the tasks that they name, all in one step.</summary>
    /// <param name="rows">The rows, in their order.</param>
    /// <param name="cancellationToken">Stops the method between two tasks. Nothing has changed then.</param>
    /// <returns>The alarms of <see cref="UpdateOptions.Drift"/>.</returns>
    /// <exception cref="InvalidOperationException">A feature, task, label or weight is missing or invalid, or a task keeps no statistics, or there are no rows. Nothing has changed.</exception>
    /// <exception cref="ArgumentException">A class does not fit the model. Nothing has changed.</exception>
    public IReadOnlyList<DriftAlarm> Update(IEnumerable<TRow> rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Add([.. rows], cancellationToken);
    }

    /// <summary>Takes a labelled row away from the task that it names, as if it had never been added.</summary>
    /// <param name="row">A row that was added, with the same features, label and example weight.</param>
    /// <exception cref="InvalidOperationException">The task is unknown or keeps no statistics, or never had the row as far as this can be known. Nothing has changed.</exception>
    public void Forget(TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Change([row], new TaskChange.Removal(_posteriors), CancellationToken.None);
    }

    /// <summary>Takes labelled rows away from the tasks that they name, all in one step. <c>ml.MetaLearning().Forget</c> says what remains of them.</summary>
    /// <param name="rows">Rows that were added, with the same features, labels and example weights.</param>
    /// <param name="cancellationToken">Stops the method between two tasks. Nothing has changed then.</param>
    /// <exception cref="InvalidOperationException">A task is unknown or keeps no statistics, or never had one of the rows as far as this can be known, or there are no rows. Nothing has changed.</exception>
    public void Forget(IEnumerable<TRow> rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Change([.. rows], new TaskChange.Removal(_posteriors), cancellationToken);
    }

    /// <summary>Removes a task.</summary>
    /// <param name="task">The task's name.</param>
    /// <returns>Whether it was known.</returns>
    public bool RemoveTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Replace(task, chain => chain.Tasks.Current.ContainsKey(task) ? (true, (AdaptedTask?)null) : null);
    }

    /// <summary>Writes one task as <c>ml.MetaLearning().ExportTask</c> does, for example to a file or a database row of its own.</summary>
    /// <param name="task">The task's name.</param>
    /// <exception cref="ArgumentException">The task is unknown.</exception>
    public byte[] ExportTask(string task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return TaskBlob.Write(Chain.Learner.Copy(_context), task);
    }

    /// <summary>Adds a task that ExportTask wrote. A task of the same name is replaced.</summary>
    /// <param name="task">The bytes, of a model with the same encoder and prior. They are checked.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged, are not a task, or are from a newer version.</exception>
    /// <exception cref="ArgumentException">The task belongs to another model, or has a class that the model does not know.</exception>
    public void ImportTask(byte[] task)
    {
        ArgumentNullException.ThrowIfNull(task);
        string name = TaskBlob.ReadTasks(Chain.Learner, task).Name;
        Replace(name, chain => (true, TaskBlob.ReadTasks(chain.Learner, task).Tasks[0]));
    }

    /// <summary>The model at this moment, which does not change. It is an ordinary model: it transforms, is saved and loaded, and is adapted.</summary>
    /// <returns>A chain that shares its steps and heads with this one. The cost does not depend on the number of tasks.</returns>
    public ITransformer ToModel() => Chain.ToModel();

    /// <summary>Saves the model at this moment as <c>ml.MetaLearning().SaveAtomic</c> does. Predictions and changes go on meanwhile.</summary>
    /// <param name="path">The path of the file. An existing file is replaced. The folder must exist.</param>
    /// <remarks>Saves of several threads follow each other, so that the file never returns to an earlier state. The saved input schema is that of <typeparamref name="TRow"/>.</remarks>
    /// <exception cref="IOException">The disk is full, the folder does not exist, or the device fails. The old file has not changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the folder or the file.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (_saving)
            Chain.Save(path);
    }

    /// <summary>Frees the prediction engines. Later calls throw an ObjectDisposedException. Models from <see cref="ToModel"/> are still valid.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _chain.Dispose();
    }

    private List<DriftAlarm> Add(TRow[] rows, CancellationToken cancellationToken)
    {
        var alarms = new AlarmList();
        Change(rows, new TaskChange.Addition(_options with { Alarms = alarms }, _posteriors), cancellationToken);
        alarms.ForEach(alarm => _options.Alarms?.Report(alarm));
        return alarms;
    }

    private void Change(TRow[] rows, TaskChange change, CancellationToken cancellationToken)
    {
        while (true)
        {
            LiveChain<TRow, TPrediction> chain = Chain;
            if (chain.Read(reader => reader.Read(rows)) is not { } tasks)
            {
                ChangeChain(rows, change, cancellationToken);
                return;
            }

            using TaskLocks.Held held = _locks.Enter(tasks.Tasks.Select(task => task.Name));
            if (chain != Chain)
                continue; // another thread renewed the chain after the rows were read
            IReadOnlyDictionary<string, AdaptedTask> known = chain.Tasks.Current;
            IReadOnlyList<AdaptedTask?> changed = change.Apply(chain.Learner.Model, tasks, [.. tasks.Tasks.Select(task => known.GetValueOrDefault(task.Name))], cancellationToken);
            chain.Tasks.Change([.. tasks.Tasks.Zip(changed, (task, next) => (task.Name, next))]);
            change.Report(_host);
            return;
        }
    }

    // The rows pass through a copy of the whole chain, whose mappings may grow, and which reports what is invalid.
    private void ChangeChain(TRow[] rows, TaskChange change, CancellationToken cancellationToken)
    {
        using TaskLocks.Held held = _locks.EnterAll();
        ITransformer changed = new ChainAdapter(_context, Chain.ToModel(), cancellationToken).Change(_context.Data.LoadFromEnumerable(rows, _definition), change);
        _chain = new LiveChain<TRow, TPrediction>(_context, changed, _definition);
    }

    private bool Replace(string name, Func<LiveChain<TRow, TPrediction>, (bool, AdaptedTask?)?> task)
    {
        using TaskLocks.Held held = _locks.Enter([name]);
        LiveChain<TRow, TPrediction> chain = Chain;
        if (task(chain) is not var (_, next))
            return false;
        chain.Tasks.Change([(name, next)]);
        _posteriors.Remove(name);
        return true;
    }

    private sealed class AlarmList : List<DriftAlarm>, IProgress<DriftAlarm>
    {
        void IProgress<DriftAlarm>.Report(DriftAlarm value) => Add(value);
    }
}
