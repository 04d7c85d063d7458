using MetaML.Data;
using MetaML.Heads;
using MetaML.Statistics;

namespace MetaML.Adapters;

/// <summary>An adapter whose heads are a function of sums over the rows.</summary>
internal interface IMomentAdapter : IManagedAdapter
{
    /// <summary>Whether the head depends on <see cref="TaskMoments.Products"/>.</summary>
    bool NeedsProducts { get; }

    /// <summary>Fits one task's head. The result equals that for the rows up to rounding.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    /// <param name="moments">The moments of the task's rows.</param>
    /// <param name="covariates">The standardised covariates of the task; empty for zeros.</param>
    /// <param name="prior">What the groups of the task say of it; null for nothing.</param>
    LinearHead Adapt(IReadOnlyList<float[]> parameters, TaskMoments moments, IReadOnlyList<float> covariates, TaskPrior? prior);
}
