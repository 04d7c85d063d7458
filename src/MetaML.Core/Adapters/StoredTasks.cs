using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>The evidence of an adapter that has no statistics of its own: the rows of the tasks.</summary>
/// <param name="adapter">The adapter.</param>
/// <param name="tasks">The embedded rows of each training task. They are enumerated only if the adapter learns from them.</param>
internal sealed class StoredTasks(IAdapter adapter, IEnumerable<EmbeddedTask> tasks) : IPriorEvidence
{
    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null) =>
        adapter.CompletePrior(parameters, tasks.Where((_, task) => isUsed?.Invoke(task) ?? true), limits);
}
