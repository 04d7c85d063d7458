using MetaML.Heads;

namespace MetaML.Adapters;

/// <summary>An adapter that can also fit a head without libtorch. The result equals that of <see cref="IAdapter.Adapt"/> up to rounding.</summary>
public interface IManagedAdapter : IAdapter
{
    /// <summary>Fits one task's head.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    /// <param name="support">The task's rows. Their memory is valid until the call returns. There may be none if the adapter learns a prior.</param>
    LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support);
}
