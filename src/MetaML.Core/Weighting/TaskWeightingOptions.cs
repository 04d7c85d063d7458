using MetaML.Weighting;

namespace MetaML;

/// <summary>How much each task counts in the outer loss: λᵢ in θ* = argmin Σᵢ λᵢ Lᵢ(θ).</summary>
/// <remarks>Weights belong to named tasks (for drawn tasks: to their pool of classes) and have mean 1 over the training tasks. A new weighting is one file: its options and its class.</remarks>
public abstract record TaskWeightingOptions
{
    /// <summary>The weighting of a training.</summary>
    /// <param name="tasks">All training tasks, of every kind of label.</param>
    internal abstract ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks);

    internal virtual void Validate()
    {
    }
}
