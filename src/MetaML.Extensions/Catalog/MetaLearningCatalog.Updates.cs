using MetaML.Extensions.Chains;
using MetaML.Extensions.Persistence;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Rows that are added to known tasks, or taken away from them.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Adds labelled rows to the tasks that they name. A task that the model does not know is adapted to, as by Adapt.</summary>
    /// <param name="model">The result of Fit or Model.Load for a trainer with <see cref="MetaTrainingOptions.KeepStatistics"/>, or a chain that contains it. It is not changed.</param>
    /// <param name="rows">Labelled rows of one or several tasks, with the columns of the model's input.</param>
    /// <param name="options">Options of the update; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the method between two tasks.</param>
    /// <returns>A model whose tasks have their earlier rows and the new ones.</returns>
    /// <remarks>
    /// With ridge, Bayesian (Gaussian) and prototype adapters the heads are those of an adaptation to all rows of the tasks, up to rounding (1e-5 of the largest score).
    /// The cost does not depend on the number of earlier rows. With other adapters they are those of an adaptation to the kept rows:
    /// all of them, or a sample of <see cref="MetaTrainingOptions.StatisticsBufferRows"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner, a column or class does not fit it, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">A task keeps no statistics; or there are no rows; or a feature, task or label is invalid.</exception>
    /// <exception cref="DllNotFoundException">The adapter changes the encoder, and the native torch library is absent.</exception>
    /// <example>
    /// <code>
    /// ITransformer updated = ml.MetaLearning().Update(model, supportRows);     // today's rows of any number of tasks
    /// ITransformer forgotten = ml.MetaLearning().Forget(updated, supportRows); // as before, up to rounding
    /// </code>
    /// </example>
    public ITransformer Update(ITransformer model, IDataView rows, UpdateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        return new ChainAdapter(_context, model, cancellationToken).Change(rows, new TaskChange.Addition(options));
    }

    /// <summary>Takes labelled rows away from the tasks that they name, as if they had never been added.</summary>
    /// <param name="model">The result of Fit or Model.Load for a trainer with <see cref="MetaTrainingOptions.KeepStatistics"/>, or a chain that contains it. It is not changed.</param>
    /// <param name="rows">Rows that were added by Fit, Adapt or Update, with the same features, labels and example weights.</param>
    /// <param name="cancellationToken">Stops the method between two tasks.</param>
    /// <returns>A model whose tasks do not have these rows. A task without rows is scored by the prior; if tasks have different classes, it is removed.</returns>
    /// <remarks>
    /// The heads of the tasks no longer depend on the rows, up to rounding. The encoder and the prior, which were learned from all training tasks, do not change. If the
    /// rows were among the training rows, train again to remove their influence on the encoder and the prior. Rows that were never added are an error if this can be
    /// known: always if the task keeps all its rows; if it keeps sums, when a number of rows, a weight or a variance would become negative. If it keeps a sample, a row
    /// outside the sample cannot be told from one that was never added.
    /// </remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner, or a column or class does not fit it.</exception>
    /// <exception cref="InvalidOperationException">A task is unknown, keeps no statistics, or never had one of the rows; or there are no rows; or a feature, task or label is invalid.</exception>
    /// <exception cref="DllNotFoundException">The adapter changes the encoder, and the native torch library is absent.</exception>
    public ITransformer Forget(ITransformer model, IDataView rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        return new ChainAdapter(_context, model, cancellationToken).Change(rows, new TaskChange.Removal());
    }

    /// <summary>Makes a model live: many threads then add rows to its tasks, take rows away, and predict.</summary>
    /// <param name="model">The result of Fit or Model.Load for a trainer with <see cref="MetaTrainingOptions.KeepStatistics"/>, or a chain that contains it. It is not changed.</param>
    /// <param name="options">Options of each update; null for the defaults.</param>
    /// <param name="inputSchemaDefinition">The columns of <typeparamref name="TRow"/>; null for those that its attributes define.</param>
    /// <typeparam name="TRow">The type of a row: the members are the columns of the model's input, with the label.</typeparam>
    /// <typeparam name="TPrediction">The type of a prediction: the members are columns of the model's output.</typeparam>
    /// <exception cref="ArgumentException">The model contains no meta-learner with one output, keeps no statistics, or has a step that does not give one row for each row; or a column does not fit it; or an option is outside its range.</exception>
    public LiveTasks<TRow, TPrediction> LiveTasks<TRow, TPrediction>(ITransformer model, UpdateOptions? options = null, SchemaDefinition? inputSchemaDefinition = null)
        where TRow : class
        where TPrediction : class, new()
    {
        ArgumentNullException.ThrowIfNull(model);
        return new LiveTasks<TRow, TPrediction>(_context, model, options, inputSchemaDefinition);
    }

#pragma warning disable CA1822 // an instance member, like the other methods of the catalog
    /// <summary>Writes one task of a model: its head, and its statistics if it keeps any.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one.</param>
    /// <param name="task">The task's name; "" without a Task column.</param>
    /// <returns>The task in a versioned binary format with a checksum. With 16 features, one output and statistics it has less than 4 KiB.</returns>
    /// <remarks>The bytes belong to the models with the same encoder and prior: this model, and all that Adapt, Update, Forget, RemoveTask and Load make of it. With <see cref="MetaTrainingOptions.KeepStatistics"/> they contain rows of the task, or sums over them.</remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner, or does not know the task.</exception>
    /// <example>
    /// <code>
    /// byte[] task = ml.MetaLearning().ExportTask(model, "store 7");        // to a database, for example
    /// ITransformer restored = ml.MetaLearning().ImportTask(model, task); // into this model, or a loaded one
    /// </code>
    /// </example>
    public byte[] ExportTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return TaskBlob.Write(ChainAdapter.FindLearner(model), task);
    }
#pragma warning restore CA1822

    /// <summary>Adds a task that <see cref="ExportTask"/> wrote. A task of the same name is replaced.</summary>
    /// <param name="model">A meta-learner, or a chain that contains one, with the encoder and the prior of the model that the task was exported from. It is not changed.</param>
    /// <param name="task">The bytes. They may come from a source that is not trusted: they are checked as by LoadChecked.</param>
    /// <returns>A model that knows the task.</returns>
    /// <remarks>A MapValueToKey of the chain is not changed. If it makes the Task column or the label, it must already know the name of the task and of its classes.</remarks>
    /// <exception cref="InvalidDataException">The bytes are damaged, are not a task, or are from a newer version.</exception>
    /// <exception cref="ArgumentException">The model contains no meta-learner; or the task belongs to another model, or has a class that the model does not know.</exception>
    public ITransformer ImportTask(ITransformer model, byte[] task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return new ChainAdapter(_context, model, CancellationToken.None).ReplaceLearner(learner => TaskBlob.Read(_context, learner, task));
    }
}
