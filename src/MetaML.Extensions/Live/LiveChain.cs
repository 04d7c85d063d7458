using System.Collections.Concurrent;
using MetaML.Extensions.Chains;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.RowScoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Live;

/// <summary>A chain whose meta-learner has tasks that change, with readers and prediction engines for several threads.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
/// <typeparam name="TPrediction">The type of a prediction.</typeparam>
internal sealed class LiveChain<TRow, TPrediction> : IDisposable
    where TRow : class
    where TPrediction : class, new()
{
    private readonly MLContext _context;
    private readonly SchemaDefinition? _definition;
    private readonly ITransformer _transformer;
    private readonly ITransformer _front;
    private readonly ConcurrentBag<LiveRowReader<TRow>> _readers = [];
    private readonly ConcurrentBag<PredictionEngine<TRow, TPrediction>> _engines = [];

    /// <param name="context">The context.</param>
    /// <param name="model">The chain.</param>
    /// <param name="definition">The columns of a row; null for those that attributes define.</param>
    /// <exception cref="ArgumentException">The model is not a chain with one meta-learner that keeps statistics, or its steps need more than one row, or columns do not fit.</exception>
    public LiveChain(MLContext context, ITransformer model, SchemaDefinition? definition)
    {
        _context = context;
        _definition = definition;
        ITaskLearner last = ChainAdapter.FindLearner(model);
        Learner = (last as MetaLearnerTransformer ?? throw new ArgumentException($"The model must have one output; got a {last.GetType().Name}. Take one by SelectOutput.", nameof(model))).Copy(context);
        if (Learner.Model.Statistics is null)
            throw new ArgumentException("The model must keep statistics of the rows of its tasks; it keeps none. Rows could not be added to known tasks. Train with KeepStatistics = true.", nameof(model));
        _transformer = new ChainAdapter(context, model, CancellationToken.None).ReplaceLearner(_ => Learner);
        ITransformer[] steps = [.. StepsOf(_transformer)];
        if (steps.FirstOrDefault(step => !step.IsRowToRowMapper) is { } other)
            throw new ArgumentException($"Each step of the model must give one row for each row; got {SharedStep.NameOf(other)}. Single rows cannot pass through it. Leave it out of the chain.", nameof(model));
        _front = new TransformerChain<ITransformer>([.. steps.TakeWhile(step => step != Learner)]);
        LiveRowReader<TRow> reader = NewReader();
        InputSchema = reader.InputSchema;
        _readers.Add(reader);
        _engines.Add(NewEngine());
    }

    /// <summary>The meta-learner. Its tasks are <see cref="Tasks"/>.</summary>
    public MetaLearnerTransformer Learner { get; }

    /// <summary>The tasks.</summary>
    public TaskMap Tasks => Learner.Map;

    /// <summary>The columns of a row.</summary>
    public DataViewSchema InputSchema { get; }

    /// <summary>A chain with the tasks of this moment, which does not change.</summary>
    public ITransformer ToModel() => new ChainAdapter(_context, _transformer, CancellationToken.None).ReplaceLearner(_ => Learner.Copy(_context));

    /// <summary>Uses a reader that no other thread uses.</summary>
    public T Read<T>(Func<LiveRowReader<TRow>, T> use) => Use(_readers, NewReader, use);

    /// <summary>Predicts a row.</summary>
    public TPrediction Predict(TRow row) => Use(_engines, NewEngine, engine => engine.Predict(row));

    public void Dispose()
    {
        while (_engines.TryTake(out PredictionEngine<TRow, TPrediction>? engine))
            engine.Dispose();
    }

    private static TResult Use<T, TResult>(ConcurrentBag<T> pool, Func<T> create, Func<T, TResult> use)
    {
        if (!pool.TryTake(out T? item))
            item = create();
        try
        {
            return use(item);
        }
        finally
        {
            pool.Add(item);
        }
    }

    private LiveRowReader<TRow> NewReader() => new(_context, _front, Learner, _definition);

    private PredictionEngine<TRow, TPrediction> NewEngine() => _context.Model.CreatePredictionEngine<TRow, TPrediction>(_transformer, inputSchemaDefinition: _definition);

    private static IEnumerable<ITransformer> StepsOf(ITransformer step) => TransformerChains.Steps(step) is { } inners ? inners.SelectMany(StepsOf) : [step];
}
