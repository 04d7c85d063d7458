using MetaML.Heads;

namespace MetaML.Adapters;

/// <summary>An adapter that also fits a head without libtorch, equal to the differentiable version up to rounding.</summary>
public interface IManagedAdapter : IAdapter
{
    /// <summary>Fits one task's head.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    /// <param name="support">The task's rows, lent until the call returns; may be empty where a prior is learned.</param>
    LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support);
}
