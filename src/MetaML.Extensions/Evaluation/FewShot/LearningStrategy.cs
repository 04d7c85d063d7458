using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using Microsoft.ML;

namespace MetaML;

/// <summary>A method that makes a model of a task from training tasks and from a few support rows of the task.</summary>
/// <remarks>The static methods of this class create strategies. A strategy receives only training tasks and support rows, and never the label of a query row.</remarks>
public abstract class LearningStrategy
{
    private protected LearningStrategy(string name, StrategyKind kind, IEstimator<ITransformer>? estimator)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Kind = kind;
        Estimator = estimator;
    }

    /// <summary>The strategy's name.</summary>
    public string Name { get; }

    /// <summary>The rows that the strategy learns from.</summary>
    public StrategyKind Kind { get; }

    /// <summary>A description of the strategy's options; empty if its name describes them.</summary>
    public string Options { get; init; } = "";

    /// <summary>The estimator that is fitted; null if the strategy has a fitted model.</summary>
    public IEstimator<ITransformer>? Estimator { get; }

    /// <summary>The steps that can make the columns that an evaluation reads; null if there are none.</summary>
    internal virtual IPreprocessing? Preprocessing => Estimator is null ? null : new PipelinePreprocessing(Estimator);

    /// <summary>Whether each task has its own model. Otherwise one model serves all tasks of a draw.</summary>
    internal abstract bool IsPerTask { get; }

    /// <summary>Creates a strategy that is fitted to the training tasks and then adapted to the support of each task.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">A pipeline with a MetaLearner trainer.</param>
    public static LearningStrategy MetaLearned(string name, IEstimator<ITransformer> estimator) => Adapted(name, estimator, StrategyKind.MetaLearned);

    /// <summary>Creates a strategy that adapts a fitted model to the support of each task.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="model">The result of Fit of a pipeline with a MetaLearner trainer.</param>
    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    public static LearningStrategy MetaLearned(string name, ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new AdaptedStrategy(name, StrategyKind.MetaLearned, null, model);
    }

    /// <summary>Creates a strategy that is fitted to the training tasks and then adapted to the support of each task, and reports it under another kind. Examples are joint training, and an encoder without training.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">A pipeline with a MetaLearner trainer.</param>
    /// <param name="kind">The kind that results report.</param>
    public static LearningStrategy Adapted(string name, IEstimator<ITransformer> estimator, StrategyKind kind)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new AdaptedStrategy(name, kind, estimator, null);
    }

    /// <summary>Creates a strategy that is fitted only to the support of each task.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">Any pipeline.</param>
    public static LearningStrategy FromScratch(string name, IEstimator<ITransformer> estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new FromScratchStrategy(name, estimator);
    }

    /// <summary>Creates a strategy that is fitted to all rows of all training tasks as if they were one task.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">Any pipeline. If it makes a feature of the Task column, it learns the differences between tasks from the support.</param>
    /// <param name="learnsSupport">
    /// Whether the estimator is fitted again for every draw, to the training tasks and the support of all tasks (default). If
    /// false, it is fitted once, to the training tasks only.
    /// </param>
    public static LearningStrategy Pooled(string name, IEstimator<ITransformer> estimator, bool learnsSupport = true)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new PooledStrategy(name, estimator, learnsSupport);
    }

    /// <summary>Learns from the training tasks, before any support is drawn.</summary>
    /// <param name="training">The training tasks; null if there are none.</param>
    /// <returns>The learned model; null if the strategy learns nothing before it has support.</returns>
    /// <exception cref="InvalidOperationException">The strategy needs training tasks.</exception>
    internal abstract ITransformer? Learn(IDataView? training);

    /// <summary>Makes the model of one draw.</summary>
    /// <param name="context">The context.</param>
    /// <param name="learned">The result of <see cref="Learn"/>.</param>
    /// <param name="training">The training tasks; null if there are none.</param>
    /// <param name="support">Labelled rows: of one task if <see cref="IsPerTask"/>, otherwise of all tasks.</param>
    /// <param name="cancellationToken">Cancels the adaptation.</param>
    internal abstract ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken);

    /// <summary>Throws an exception if the strategy has learned from a task of the evaluation.</summary>
    internal virtual void CheckUnseen(ITransformer? learned, IReadOnlyCollection<string> tasks)
    {
    }

    private protected IDataView Required(IDataView? training) => training
        ?? throw new InvalidOperationException($"The strategy '{Name}' must be given training tasks; got none. It learns across tasks. Give the training data.");
}
