using MetaML.Extensions.Transformers.RowScoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Live;

/// <summary>A live model with readers and prediction engines for several threads.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
/// <typeparam name="TPrediction">The type of a prediction.</typeparam>
internal sealed class LiveChain<TRow, TPrediction> : IDisposable
    where TRow : class
    where TPrediction : class, new()
{
    private readonly LiveModel _model;
    private readonly ItemPool<LiveRowReader<TRow>> _readers;
    private readonly ItemPool<PredictionEngine<TRow, TPrediction>> _engines;

    /// <param name="context">The context.</param>
    /// <param name="model">The chain.</param>
    /// <param name="definition">The columns of a row; null for those that attributes define.</param>
    /// <exception cref="ArgumentException">The model is not a chain with one meta-learner that keeps statistics, or its steps need more than one row, or columns do not fit.</exception>
    public LiveChain(MLContext context, ITransformer model, SchemaDefinition? definition)
    {
        _model = new LiveModel(context, model);
        _readers = new(() => new LiveRowReader<TRow>(context, _model.Front, _model.Learner, definition));
        _engines = new(() => context.Model.CreatePredictionEngine<TRow, TPrediction>(_model.Transformer, inputSchemaDefinition: definition));
        InputSchema = _readers.Use(reader => reader.InputSchema);
        _engines.Use(_ => true); // a column that does not fit is an error now
    }

    /// <summary>The meta-learner. Its tasks are <see cref="Tasks"/>.</summary>
    public MetaLearnerTransformer Learner => _model.Learner;

    /// <summary>The tasks.</summary>
    public TaskMap Tasks => _model.Tasks;

    /// <summary>The columns of a row.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>A chain with the tasks of this moment, which does not change.</summary>
    public ITransformer ToModel() => _model.ToModel();

    /// <summary>Saves the chain with the tasks of this moment.</summary>
    /// <param name="path">The path of the file.</param>
    public void Save(string path) => _model.Save(path, InputSchema);

    /// <summary>Uses a reader that no other thread uses.</summary>
    public T Read<T>(Func<LiveRowReader<TRow>, T> use) => _readers.Use(use);

    /// <summary>Predicts a row.</summary>
    public TPrediction Predict(TRow row) => _engines.Use(engine => engine.Predict(row));

    public void Dispose() => _engines.Empty(engine => engine.Dispose());
}
