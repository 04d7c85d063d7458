using MetaML.Extensions.Bandits;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

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

    /// <summary>Estimates the mean reward that another policy would have had in place of logged decisions.</summary>
    /// <param name="log">The decisions of a <see cref="Bandit{TRow}"/> and their rewards, in any order.</param>
    /// <param name="policy">The policy: the probability of each action of a decision, for example <c>entry => other.Probabilities(entry)</c> for another bandit. It must not depend on the reward of the decision.</param>
    /// <returns>Estimates by inverse propensity and doubly robust, with 95 % intervals over tasks; over decisions if there is one task.</returns>
    /// <remarks>Sources: Horvitz and Thompson, A generalization of sampling without replacement from a finite universe, 1952; Dudík, Langford and Li, Doubly robust policy evaluation and learning, 2011, arXiv 1103.4601. The reward model of the doubly
    /// robust estimate is what the bandit expected before each decision, so that it has not seen the reward. A policy that learns is not replayed: it is judged as it is now.</remarks>
    /// <exception cref="ArgumentException">There is no decision, a chosen action had no probability, or the policy gives no probabilities of all actions.</exception>
    public PolicyValue EvaluatePolicy(IEnumerable<BanditOutcome> log, Func<BanditEntry, IReadOnlyList<double>> policy)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(policy);
        return PolicyEvaluation.Evaluate(log, policy);
    }
#pragma warning restore CA1822

    /// <summary>Makes a bandit: it chooses among actions for many tasks, for example users, and learns from the rewards of each.</summary>
    /// <param name="model">The result of Fit or Model.Load for a trainer with <see cref="MetaTrainingOptions.KeepStatistics"/>, or a chain that contains it, with a posterior (see <see cref="Posterior"/>). The label is the reward, and a task is a user. It is not changed.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="inputSchemaDefinition">The columns of <typeparamref name="TRow"/>; null for those that its attributes define.</param>
    /// <typeparam name="TRow">The type of an action in its situation: the members are the columns from which the chain makes the features. It needs no members for the label and the task. The Task column of the training must be text, or a key that no step of the chain makes.</typeparam>
    /// <exception cref="ArgumentException">The model contains no meta-learner with one output, keeps no statistics, has no posterior, has groups of tasks or exposures, or has a step that does not give one row for each row; or a column does not fit it; or an option is outside its range.</exception>
    /// <example>
    /// <code>
    /// Bandit&lt;Offer&gt; bandit = ml.MetaLearning().Bandit&lt;Offer&gt;(model, new BanditOptions { UniformShare = 0.1 });
    /// BanditEntry entry = bandit.Choose("customer 7", [new Offer { Price = 8 }, new Offer { Price = 5 }]);
    /// bandit.Learn(entry, reward: 1);
    /// PolicyValue value = ml.MetaLearning().EvaluatePolicy([new BanditOutcome(entry, 1)], logged => [0.5, 0.5]);
    ///
    /// class Offer
    /// {
    ///     public float Price { get; set; }
    /// }
    /// </code>
    /// </example>
    public Bandit<TRow> Bandit<TRow>(ITransformer model, BanditOptions? options = null, SchemaDefinition? inputSchemaDefinition = null)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Bandit<TRow>(_context, model, options, inputSchemaDefinition);
    }
}
