using MetaML.Models;
using Microsoft.ML;

namespace MetaML;

/// <content>Posteriors, and decisions that learn from their rewards.</content>
public sealed partial class MetaLearningCatalog
{
#pragma warning disable CA1822 // an instance member, like the other methods of the catalog
    /// <summary>The posterior of the head of a task: mean, covariance and draws.</summary>
    /// <param name="model">The result of Fit or Model.Load: a meta-learner with one output and a Bayesian adapter, or a chain that contains one.</param>
    /// <param name="task">The name of a known task; "" without a Task column; null for the prior, which is the posterior of a task without rows and with average task features.</param>
    /// <returns>The posterior at this moment. It does not change with the model's tasks.</returns>
    /// <exception cref="ArgumentException">The model contains no such meta-learner, does not know the task, or has no posterior: its adapter is not Bayesian, its prior is not learned by empirical Bayes, or its labels are classes without a logistic likelihood of two classes.</exception>
    /// <example>
    /// <code>
    /// HeadPosterior posterior = ml.MetaLearning().Posterior(model, "store 7");
    /// for (int j = 0; j &lt; posterior.Names.Count; j++)
    ///     Console.WriteLine($"{posterior.Names[j]}: {posterior.Mean[j]:F2} ± {posterior.StandardDeviation(j):F2}");
    /// double[][] draws = posterior.DrawScores([[1.9f, 20], [2.1f, 25]], count: 1000, new Random(1)); // two rows, together
    /// </code>
    /// </example>
    public HeadPosterior Posterior(ITransformer model, string? task)
    {
        MetaLearnerTransformer learner = OneOutput(model);
        AdaptedTask known = task is null
            ? learner.Model.Prior ?? throw new ArgumentException("The model must have a prior head; each of its tasks has its own classes. Name a task.", nameof(model))
            : learner.Task(task) ?? throw new ArgumentException($"The task must be one of the {learner.TaskNames.Count()} that the model knows; got '{task}'. Adapt the model to it, or use null for the prior.", nameof(task));
        return new HeadPosterior(learner.Model, known);
    }
#pragma warning restore CA1822
}
