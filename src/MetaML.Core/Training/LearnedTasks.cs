using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Training;

/// <summary>What an adapter learns its prior from: the evidence of training tasks, computed once for all folds.</summary>
internal sealed class LearnedTasks
{
    private readonly LearningTask[] _tasks;
    private readonly IPriorEvidence _evidence;

    /// <param name="adapter">The adapter.</param>
    /// <param name="tasks">All tasks; some of them if the adapter learns from fewer.</param>
    /// <param name="embed">Embeds the rows of a task.</param>
    public LearnedTasks(IAdapter adapter, IReadOnlyList<LearningTask> tasks, Func<LearningTask, EmbeddedTask> embed)
    {
        int most = tasks.Count == 0 ? 0 : adapter.MostPriorTasks(tasks.Average(task => (double)task.RowCount));
        _tasks = [.. TaskSubset.Some(tasks, most)];
        _evidence = adapter.EvidenceOf(_tasks.Select(embed));
    }

    /// <summary>What is known of the prior of all tasks beside its values, after <see cref="Complete"/>; null for nothing.</summary>
    public Lazy<PriorSummary>? Summary => _evidence.Summary;

    /// <summary>The choices that the prior was learned with, and their reasons, after <see cref="Complete"/>.</summary>
    public IReadOnlyList<string> Choices => _evidence.Choices;

    /// <summary>The priors of the groups of tasks, after <see cref="Complete"/>; null if tasks are in none.</summary>
    public GroupPriors? Groups => _evidence.Groups;

    /// <summary>The prior of each task given all others, by name, after a <see cref="Complete"/> of all tasks; empty if tasks are in no groups.</summary>
    public IReadOnlyDictionary<string, TaskPrior> TaskPriors => _evidence.TaskPriors is { } priors
        ? _tasks.Zip(priors).ToDictionary(pair => pair.First.Name, pair => pair.Second)
        : System.Collections.ObjectModel.ReadOnlyDictionary<string, TaskPrior>.Empty;

    /// <summary>Sets the parameters that are not trained.</summary>
    /// <param name="parameters">All parameters of the adapter; values may be overwritten.</param>
    /// <param name="limits">The number of steps and the time.</param>
    /// <param name="pools">The tasks to learn from; null for all.</param>
    public void Complete(ParameterArray[] parameters, PriorLimits limits, IReadOnlyList<EpisodePool>? pools)
    {
        HashSet<int>? used = pools?.Select(pool => pool.Task.Number).ToHashSet();
        _evidence.Complete(parameters, limits, used is null ? null : task => used.Contains(_tasks[task].Number));
    }
}
