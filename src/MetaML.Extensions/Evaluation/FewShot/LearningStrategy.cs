using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using Microsoft.ML;

namespace MetaML;

/// <summary>A way to come from training tasks and a task's few support rows to a model of that task.</summary>
/// <remarks>Made by the methods below. A strategy never sees a query label: it is given training tasks and support alone.</remarks>
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

    /// <summary>What it learns from.</summary>
    public StrategyKind Kind { get; }

    /// <summary>Its options in words; empty where its name tells them.</summary>
    public string Options { get; init; } = "";

    /// <summary>What is fitted; null where a fitted model was given.</summary>
    public IEstimator<ITransformer>? Estimator { get; }

    /// <summary>The steps that can make the columns that an evaluation reads; null if there are none.</summary>
    internal virtual IPreprocessing? Preprocessing => Estimator is null ? null : new PipelinePreprocessing(Estimator);

    /// <summary>Whether each task has a model of its own, rather than all tasks of a draw one together.</summary>
    internal abstract bool IsPerTask { get; }

    /// <summary>Fit on the training tasks, then adapted to each task's support.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">A pipeline with a MetaLearner trainer.</param>
    public static LearningStrategy MetaLearned(string name, IEstimator<ITransformer> estimator) => Adapted(name, estimator, StrategyKind.MetaLearned);

    /// <summary>A fitted model, adapted to each task's support.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="model">What a pipeline with a MetaLearner trainer returned from Fit.</param>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public static LearningStrategy MetaLearned(string name, ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new AdaptedStrategy(name, StrategyKind.MetaLearned, null, model);
    }

    /// <summary>Fit on the training tasks, then adapted to each task's support, under the name of another kind: joint training, say, or an encoder that is not trained at all.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">A pipeline with a MetaLearner trainer.</param>
    /// <param name="kind">What it learns from.</param>
    public static LearningStrategy Adapted(string name, IEstimator<ITransformer> estimator, StrategyKind kind)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new AdaptedStrategy(name, kind, estimator, null);
    }

    /// <summary>Fit on each task's support alone.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">Any pipeline.</param>
    public static LearningStrategy FromScratch(string name, IEstimator<ITransformer> estimator)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new FromScratchStrategy(name, estimator);
    }

    /// <summary>Fit on all rows of all training tasks as if they were one.</summary>
    /// <param name="name">The strategy's name.</param>
    /// <param name="estimator">Any pipeline; one that makes a feature of the Task column learns what is particular to a task from its support.</param>
    /// <param name="learnsSupport">Whether it is fitted again for every draw, on the support of all tasks too (default), or once, on the training tasks alone.</param>
    public static LearningStrategy Pooled(string name, IEstimator<ITransformer> estimator, bool learnsSupport = true)
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new PooledStrategy(name, estimator, learnsSupport);
    }

    /// <summary>What can be learned before any support is there; null where nothing can.</summary>
    /// <param name="training">The training tasks; null where there are none.</param>
    /// <exception cref="InvalidOperationException">It needs training tasks.</exception>
    internal abstract ITransformer? Learn(IDataView? training);

    /// <summary>The model of one draw.</summary>
    /// <param name="context">The context.</param>
    /// <param name="learned">What <see cref="Learn"/> returned.</param>
    /// <param name="training">The training tasks; null where there are none.</param>
    /// <param name="support">Labelled rows of one task, or of all where not <see cref="IsPerTask"/>.</param>
    /// <param name="cancellationToken">Stops adapting.</param>
    internal abstract ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken);

    /// <summary>Throws where a task that is to be judged was learned from.</summary>
    internal virtual void CheckUnseen(ITransformer? learned, IReadOnlyCollection<string> tasks)
    {
    }

    private protected IDataView Needed(IDataView? training) => training
        ?? throw new InvalidOperationException($"The strategy '{Name}' must be given training tasks; got none. It learns across tasks. Give the training data.");
}
