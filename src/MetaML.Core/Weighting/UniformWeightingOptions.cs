using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>All tasks have the same weight.</summary>
[SavedName("uniform")]
public sealed record UniformWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new FixedWeighting(tasks.Select(_ => 1.0));
}
