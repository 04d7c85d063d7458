using MetaML.Extensions.Ensembles;
using Microsoft.ML;

namespace MetaML;

/// <content>Combinations of fitted models.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Combines fitted models into one that gives the weighted mean of their predictions, optionally with other weights for some tasks.</summary>
    /// <param name="models">Models that read the same input and predict the same label: the results of Fit, Model.Load or Adapt. They are not changed.</param>
    /// <param name="weights">The weight of each model, not negative; null for equal weights. They are divided by their sum.</param>
    /// <param name="taskColumnName">The Task column of <paramref name="taskWeights"/>: text or key.</param>
    /// <param name="taskWeights">The weights of tasks that have their own, by the task's name, for example so that the rows of each known task are scored by the model that is best for it. A model with weight 0 does not score the rows of the task. Null for none.</param>
    /// <returns>A model that saves, loads, adapts and predicts as each of them does. Adapt adapts each model that contains a meta-learner. A task that is adapted to again keeps its weights.</returns>
    /// <remarks>The mean of different good models is often better than the best of them. Choose models and weights on tasks that were not trained on.</remarks>
    /// <exception cref="ArgumentException">There is no model, a model does not score row by row, a weight is negative or missing, or there are weights of tasks without a Task column. Columns that cannot be combined are an error when the ensemble is given rows.</exception>
    /// <example>
    /// <code>
    /// ITransformer linear = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions() }).Fit(trainingTasks);
    /// EnsembleTransformer both = ml.MetaLearning().Ensemble([model, linear], weights: [2, 1]);
    /// ITransformer adapted = ml.MetaLearning().Adapt(both, supportRows); // adapts each of the two
    /// </code>
    /// </example>
    public EnsembleTransformer Ensemble(
        IReadOnlyList<ITransformer> models, IReadOnlyList<double>? weights = null, string? taskColumnName = null, IReadOnlyDictionary<string, IReadOnlyList<double>>? taskWeights = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (taskWeights is { Count: > 0 } && taskColumnName is null)
            throw new ArgumentException($"Weights of tasks must come with their Task column; got {taskWeights.Count} tasks and no column. The task of a row would be unknown. Give taskColumnName.", nameof(taskColumnName));
        return new EnsembleTransformer(_context, models, ModelWeights.Of(models.Count, weights, taskWeights is null ? null : taskColumnName, taskWeights));
    }
}
