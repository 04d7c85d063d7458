using MetaML.Data;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>What training tasks say about the prior of their adapter: statistics that are computed once and serve the prior of all tasks and the priors of some of them.</summary>
internal interface IPriorEvidence
{
    /// <summary>Sets the parameters that are not trained.</summary>
    /// <param name="parameters">All parameters in the order of <see cref="IAdapter.Parameters"/>; values may be overwritten.</param>
    /// <param name="limits">The number of steps of each search, and the time.</param>
    /// <param name="isUsed">Whether a task, by its number from 0, is used; null for all tasks. A search on some tasks keeps the form of the prior of all tasks, and starts from it. If none of them has information, the prior is that of all tasks.</param>
    void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null);

    /// <summary>What is known of the prior of all tasks beside its values, after <see cref="Complete"/>; null for nothing.</summary>
    Lazy<PriorSummary>? Summary => null;

    /// <summary>The choices that the prior was learned with, and their reasons, after <see cref="Complete"/>.</summary>
    IReadOnlyList<string> Choices => [];

    /// <summary>The priors of the groups of the tasks of the last <see cref="Complete"/>; null if tasks are in none.</summary>
    GroupPriors? Groups => null;

    /// <summary>The prior of each task given all others, after a <see cref="Complete"/> of all tasks; null if tasks are in no groups.</summary>
    IReadOnlyList<TaskPrior>? TaskPriors => null;
}
