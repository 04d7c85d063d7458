using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions;

/// <summary>What concerns tasks rather than training: the front door to adaptation. Made by <c>mlContext.MetaLearning()</c>.</summary>
public sealed partial class MetaLearningCatalog
{
    private readonly MLContext _context;

    internal MetaLearningCatalog(MLContext context) => _context = context;

    /// <summary>Teaches a model new tasks from a few labelled rows, in milliseconds.</summary>
    /// <param name="model">What Fit or Model.Load returned: a meta-learner, or a chain that holds one. It is not changed.</param>
    /// <param name="support">Rows as the model takes them, with labels, of one task or of many. A task that is known already is replaced.</param>
    /// <param name="cancellationToken">Stops within a task.</param>
    /// <returns>A model that knows the old tasks and the new ones.</returns>
    /// <remarks>Every step of a chain is run, whatever its scope. New classes and tasks are added to the chain's own value-to-key mappings.</remarks>
    /// <exception cref="ArgumentException">The model holds no meta-learner, or columns or classes do not fit it.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, task or label cannot be used.</exception>
    /// <exception cref="DllNotFoundException">The adapter changes the encoder, and the native torch library is absent.</exception>
    public ITransformer Adapt(ITransformer model, IDataView support, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(support);
        return new ChainAdapter(_context, model, cancellationToken).Adapt(support);
    }

    /// <summary>Lets a model forget one task.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one. It is not changed.</param>
    /// <param name="task">The task's name.</param>
    /// <returns>A model without the task.</returns>
    /// <exception cref="ArgumentException">The model holds no meta-learner, or does not know the task.</exception>
    public ITransformer RemoveTask(ITransformer model, string task)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return new ChainAdapter(_context, model, CancellationToken.None).RemoveTask(task);
    }

    /// <summary>The representation that a fitted model's tasks share, as a step of another pipeline: put any ML.NET trainer on top.</summary>
    /// <param name="model">A meta-learner, or a chain that holds one; the steps in front of it are not part of the result.</param>
    /// <param name="outputColumnName">The column that is made: a vector of Single.</param>
    /// <param name="featureColumnName">The column that is read; null for the model's own.</param>
    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public SharedEncoderEstimator SharedEncoder(ITransformer model, string outputColumnName = "Embedding", string? featureColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        MetaLearnerTransformer learner = ChainAdapter.FindLearner(model);
        return new SharedEncoderEstimator(new SharedEncoderTransformer(_context, learner.Model, featureColumnName ?? learner.FeatureColumnName, outputColumnName));
    }
}
