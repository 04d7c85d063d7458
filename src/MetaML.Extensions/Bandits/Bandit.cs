using MetaML.Data;
using MetaML.Extensions.Bandits;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Live;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Models;
using MetaML.Models.Posteriors;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>Chooses among actions that features describe, for many tasks (for example users), and learns from the rewards of each. What is known of earlier tasks is the prior of a new one.</summary>
/// <remarks>
/// <para>The reward is the label of the model: a value, a class of two, or a count. Given its rows, the head w of a task has the posterior N(m, S), see <see cref="HeadPosterior"/>; without rows it is the learned prior.
/// Thompson sampling draws heads from it, and chooses an action with the share of draws in which its score wᵀz̃ is the largest. So the probability of each action is known exactly, and is logged.
/// The upper bound is mᵀz̃ + κ√(z̃ᵀSz̃). A reward changes the head by recursive least squares (Gaussian rewards), or fits it again (other rewards).</para>
/// <para>The prior is that of the model, and does not change. Fit the model again on the logged rows from time to time, and make a new bandit of it: the actions of a bandit depend on earlier rewards alone,
/// so that the likelihood of the rows is that of rows that were chosen at random.</para>
/// <para>Each decision is for itself: an action is assumed not to change the actions and rewards to come. There is no planning over several steps.</para>
/// <para>Thread safety: all members may be called by any number of threads at once. Choices wait for nothing. Rewards of one task wait for each other.
/// What was learned is in memory until <see cref="Save"/>. Cost of a decision with K actions and n draws: O(K d² + n K d), for d values of an embedding.</para>
/// <para>Sources: Russo et al., A tutorial on Thompson sampling, 2018, arXiv 1707.02038; Kveton et al., Meta-Thompson sampling, 2021, arXiv 2102.06129; Basu et al., No regrets for learning the prior in bandits, 2021, arXiv 2107.06196;
/// Jiang and Zhu, Empirical Bayesian multi-bandit learning, 2025, arXiv 2510.26284. Deviation: the prior is learned again from all rows by empirical Bayes, and not after each task.</para>
/// </remarks>
/// <typeparam name="TRow">The type of an action in its situation: the members are the columns from which the model's chain makes the features. It needs no members for the label and the task.</typeparam>
/// <example>
/// <code>
/// Bandit&lt;Offer&gt; bandit = ml.MetaLearning().Bandit&lt;Offer&gt;(model);
/// Offer[] offers = [new Offer { Price = 8, Size = 2 }, new Offer { Price = 5, Size = 1 }];
/// BanditEntry entry = bandit.Choose("customer 7", offers);  // offers[entry.Chosen] is shown
/// bandit.Learn(entry, reward: 1);                           // when the reward is known
/// bandit.Save("model.zip");
///
/// class Offer
/// {
///     public float Price { get; set; }
///     public float Size { get; set; }
/// }
/// </code>
/// </example>
public sealed class Bandit<TRow>
    where TRow : class
{
    private readonly BanditOptions _options;
    private readonly LiveModel _model;
    private readonly ItemPool<ActionReader<TRow>> _readers;
    private readonly TaskLocks _locks = new();
    private readonly TaskPosteriors _posteriors = new();
    private readonly Lock _saving = new();
    private readonly DataViewSchema _inputSchema;
    private readonly int _seed;
    private long _decisions;

    internal Bandit(MLContext context, ITransformer model, BanditOptions? options, SchemaDefinition? definition)
    {
        _options = (options ?? new BanditOptions()) with { };
        _options.Validate();
        _model = new LiveModel(context, model);
        if (Learner.Columns.Groups.Count > 0 || Learner.Columns.Exposure is not null)
            throw new ArgumentException("The model of a bandit must be without groups of tasks and without an exposure column; it has some. They are not part of a decision. Train without them.", nameof(model));
        ScorePosterior.ScaleOf(Learner.Model, PriorOf([]));
        _readers = new(() => new ActionReader<TRow>(context, _model.Front, Learner, definition));
        _inputSchema = _readers.Use(reader => reader.InputSchema);
        _seed = _options.Seed ?? HostSettings.Seed(context) ?? Random.Shared.Next();
    }

    /// <summary>The names of the tasks that are known at this moment.</summary>
    public IEnumerable<string> TaskNames => _model.Tasks.Current.Keys;

    private MetaLearnerTransformer Learner => _model.Learner;

    /// <summary>Chooses an action for a task.</summary>
    /// <param name="task">The task's name. An unknown task has the prior.</param>
    /// <param name="actions">The actions in this situation, at least one.</param>
    /// <returns>The decision: the index of the chosen action and its probability. It is also the entry for the log.</returns>
    /// <exception cref="ArgumentException">There is no action.</exception>
    /// <exception cref="InvalidOperationException">A feature is not finite.</exception>
    public BanditEntry Choose(string task, IReadOnlyList<TRow> actions)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(actions);
        if (actions.Count == 0)
            throw new ArgumentException("There must be at least one action; got none.", nameof(actions));
        return _readers.Use(reader => Choose(task, actions, reader));
    }

    /// <summary>The probabilities with which this bandit would choose the actions of a logged decision now, for <c>ml.MetaLearning().EvaluatePolicy</c>. Nothing is learned.</summary>
    /// <param name="entry">A decision of a model with the same features.</param>
    /// <returns>A probability for each action.</returns>
    /// <exception cref="ArgumentException">The entry does not fit the model.</exception>
    public IReadOnlyList<double> Probabilities(BanditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        CheckFits(entry);
        return _readers.Use(reader =>
        {
            reader.Read(entry);
            RandomStream random = NextRandom();
            return Array.ConvertAll(Probabilities(new ScorePosterior(Learner.Model, Learner.Task(entry.Task) ?? PriorOf(entry.TaskFeatures), reader.Embeddings), ref random), value => (double)value);
        });
    }

    /// <summary>Learns the reward of a decision. It may be learned late, and in any order.</summary>
    /// <param name="entry">The decision, of this bandit or of the log of an earlier one with the same features.</param>
    /// <param name="reward">The reward of the chosen action, in the units of the label; 0 or 1 for classes.</param>
    /// <exception cref="ArgumentException">The entry does not fit the model, or the reward is not a label of its kind. Nothing has changed.</exception>
    public void Learn(BanditEntry entry, float reward)
    {
        ArgumentNullException.ThrowIfNull(entry);
        MetaModel model = Learner.Model;
        CheckFits(entry);
        if (!LabelRule.IsValid(model.Kind, reward) || (model.Counts is not null && !CountRule.IsValid(reward)))
            throw new ArgumentException($"The reward must be {(model.Kind == LabelKind.Binary ? "0 or 1" : model.Counts is not null ? "a whole number that is not negative" : "finite")}, as the label of the model; got {reward}. The reward has not been learned.", nameof(reward));
        var store = new DenseFeatureStore(model.FeatureCount, 1);
        var builder = new TaskSetBuilder(model.Kind, store) { CovariateNames = model.CovariateNames };
        builder.Add(entry.Task, store.Add(new FeatureRow(entry.Actions[entry.Chosen].Features)), reward);
        if (entry.TaskFeatures.Length > 0)
            builder.SetCovariates(entry.Task, entry.TaskFeatures);
        TaskSet rows = builder.Build(classSets: ClassSets.Common);
        using TaskLocks.Held held = _locks.Enter([entry.Task]);
        IReadOnlyList<AdaptedTask?> changed = new TaskChange.Addition(_options.Updates, _posteriors).Apply(model, rows, [Learner.Task(entry.Task)], CancellationToken.None);
        _model.Tasks.Change([(entry.Task, changed[0])]);
    }

    /// <summary>The model at this moment, which does not change. It is an ordinary model, of which another bandit can be made.</summary>
    /// <returns>A chain that shares its steps and heads with this bandit.</returns>
    public ITransformer ToModel() => _model.ToModel();

    /// <summary>Saves the model at this moment as <c>ml.MetaLearning().SaveAtomic</c> does. Choices and rewards go on meanwhile.</summary>
    /// <param name="path">The path of the file. An existing file is replaced. The folder must exist.</param>
    /// <remarks>A bandit of the loaded model should have another seed, so that it does not repeat the random numbers.</remarks>
    /// <exception cref="IOException">The disk is full, the folder does not exist, or the device fails. The old file has not changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the folder or the file.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (_saving)
            _model.Save(path, _inputSchema);
    }

    private BanditEntry Choose(string task, IReadOnlyList<TRow> rows, ActionReader<TRow> reader)
    {
        reader.Read(rows);
        AdaptedTask known = Learner.Task(task) ?? PriorOf(reader.TaskFeatures);
        var scores = new ScorePosterior(Learner.Model, known, reader.Embeddings);
        RandomStream random = NextRandom();
        float[] probabilities = Probabilities(scores, ref random);
        var actions = new BanditAction[rows.Count];
        double rest = random.NextDouble();
        int chosen = -1;
        for (int i = 0; i < actions.Length; i++)
        {
            actions[i] = new BanditAction { Features = reader.Features[i], ExpectedReward = ExpectedReward(known, scores, reader, i), Probability = probabilities[i] };
            if (probabilities[i] > 0 && rest >= 0)
                chosen = i; // the last action with a positive probability, should rounding leave a rest
            rest -= probabilities[i];
        }

        return new BanditEntry { Task = task, TaskFeatures = [.. reader.TaskFeatures], Actions = actions, Chosen = chosen };
    }

    private float[] Probabilities(ScorePosterior scores, ref RandomStream random)
    {
        var probabilities = new float[scores.Means.Length];
        if (_options.Method == BanditMethod.ThompsonSampling)
            ActionProbabilities.OfDraws(scores, _options.Draws, ref random, probabilities);
        else
            ActionProbabilities.OfUpperBound(scores, _options.UpperBoundDeviations, probabilities);
        foreach (ref float probability in probabilities.AsSpan())
            probability = (float)((1 - _options.UniformShare) * probability + _options.UniformShare / probabilities.Length);
        return probabilities;
    }

    private RandomStream NextRandom() => new(_seed, Interlocked.Increment(ref _decisions));

    private static float ExpectedReward(AdaptedTask task, ScorePosterior scores, ActionReader<TRow> reader, int action)
    {
        if (task.Classes.Count == 0 && task.Head.Counts is null)
            return scores.Means[action];
        ReadOnlySpan<float> embeddings = reader.Embeddings;
        int dimension = embeddings.Length / scores.Means.Length;
        Span<float> score = stackalloc float[1];
        task.Score(embeddings.Slice(action * dimension, dimension), score);
        return task.Classes.Count > 0 ? TaskRowScorer.ProbabilityOf(score[0]) : score[0];
    }

    private void CheckFits(BanditEntry entry)
    {
        MetaModel model = Learner.Model;
        bool fits = (uint)entry.Chosen < (uint)entry.Actions.Count && entry.TaskFeatures.Length == model.CovariateNames.Count && FiniteNumbers.AreAll<float>(entry.TaskFeatures)
            && entry.Actions.All(action => action.Features.Length == model.FeatureCount && FiniteNumbers.AreAll<float>(action.Features));
        if (!fits)
            throw new ArgumentException($"The entry must have a chosen action, {model.FeatureCount} finite features of each action, and {model.CovariateNames.Count} finite task features; got one for task '{entry.Task}' that does not. It belongs to another model. Give an entry of a model with the same features.", nameof(entry));
    }

    // Of average task features if they are not given.
    private AdaptedTask PriorOf(float[] taskFeatures) => taskFeatures.Length == 0 ? Learner.Model.Prior! : Learner.Model.PriorFor(taskFeatures);
}
