using MetaML.Tasks;

namespace MetaML.Weighting;

/// <summary>How much each task counts in the outer loss: λᵢ in θ* = argmin Σᵢ λᵢ Lᵢ(θ).</summary>
/// <remarks>Weights belong to named tasks (for drawn tasks: to their pool of classes) and have mean 1 over the training tasks. A new weighting is one file: its options and its class.</remarks>
public abstract record TaskWeightingOptions
{
    internal abstract ITaskWeighting Create(LabelKind kind, IReadOnlyList<LearningTask> tasks);

    internal virtual void Validate()
    {
    }
}
