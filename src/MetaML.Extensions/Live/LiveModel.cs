using MetaML.Extensions.Chains;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Persistence;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Files;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Live;

/// <summary>A chain whose meta-learner has tasks that change.</summary>
internal sealed class LiveModel
{
    private readonly MLContext _context;

    /// <param name="context">The context.</param>
    /// <param name="model">The chain.</param>
    /// <exception cref="ArgumentException">The model is not a chain with one meta-learner that keeps statistics, or its steps need more than one row.</exception>
    public LiveModel(MLContext context, ITransformer model)
    {
        _context = context;
        Learner = ChainAdapter.OneOutput(ChainAdapter.FindLearner(model)).Copy(context);
        if (Learner.Model.Statistics is null)
            throw new ArgumentException("The model must keep statistics of the rows of its tasks; it keeps none. Rows could not be added to known tasks. Train with KeepStatistics = true.", nameof(model));
        Transformer = new ChainAdapter(context, model, CancellationToken.None).ReplaceLearner(_ => Learner);
        ITransformer[] steps = [.. StepsOf(Transformer)];
        if (steps.FirstOrDefault(step => !step.IsRowToRowMapper) is { } other)
            throw new ArgumentException($"Each step of the model must give one row for each row; got {SharedStep.NameOf(other)}. Single rows cannot pass through it. Leave it out of the chain.", nameof(model));
        Front = new TransformerChain<ITransformer>([.. steps.TakeWhile(step => step != Learner)]);
    }

    /// <summary>The meta-learner. Its tasks are <see cref="Tasks"/>.</summary>
    public MetaLearnerTransformer Learner { get; }

    /// <summary>The tasks.</summary>
    public TaskMap Tasks => Learner.Map;

    /// <summary>The chain that contains <see cref="Learner"/>.</summary>
    public ITransformer Transformer { get; }

    /// <summary>The steps before the meta-learner.</summary>
    public ITransformer Front { get; }

    /// <summary>A chain with the tasks of this moment, which does not change.</summary>
    public ITransformer ToModel() => new ChainAdapter(_context, Transformer, CancellationToken.None).ReplaceLearner(_ => Learner.Copy(_context));

    /// <summary>Saves the chain with the tasks of this moment. An existing file is replaced in one atomic step.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="input">The columns of the chain's input.</param>
    public void Save(string path, DataViewSchema input)
    {
        ITransformer model = ToModel();
        AtomicFile.Write(path, file => _context.Model.Save(model, input, file), ModelArchive.Verify);
    }

    private static IEnumerable<ITransformer> StepsOf(ITransformer step) => TransformerChains.Steps(step) is { } inners ? inners.SelectMany(StepsOf) : [step];
}
