using System.Text.Json.Serialization;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>The weights of tasks in the outer loss: λᵢ in θ* = argmin Σᵢ λᵢ Lᵢ(θ).</summary>
/// <remarks>
/// Weights belong to named tasks. Where tasks are drawn from classes, they belong to the pool of classes. Their mean over the
/// training tasks is 1. The set of weightings is closed: another assembly cannot derive from this type. Weights that are
/// computed elsewhere are given by <see cref="GivenWeightingOptions"/>. Within this assembly a new weighting is one file.
/// </remarks>
[JsonConverter(typeof(NamedOptionsConverter<TaskWeightingOptions>))]
public abstract record TaskWeightingOptions
{
    /// <summary>Creates the weighting of a training.</summary>
    /// <param name="tasks">All training tasks, of every label kind.</param>
    internal abstract ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks);

    internal virtual void Validate()
    {
    }
}
