namespace MetaML.Weighting;

/// <summary>All tasks count alike.</summary>
public sealed record UniformWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeighedTask> tasks) => new FixedWeighting(tasks.Select(_ => 1.0));
}
