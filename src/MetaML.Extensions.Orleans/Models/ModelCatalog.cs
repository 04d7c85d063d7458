namespace MetaML.Extensions.Orleans.Models;

/// <summary>The stored state of a <see cref="ModelGrain"/>.</summary>
[GenerateSerializer]
[Alias("MetaML.ModelCatalog")]
internal sealed class ModelCatalog
{
    /// <summary>The versions, in the order of their publication. <see cref="ModelVersion.IsActive"/> is not used.</summary>
    [Id(0)]
    public List<ModelVersion> Versions { get; set; } = [];

    /// <summary>The name of the active version; null before the first.</summary>
    [Id(1)]
    public string? Active { get; set; }

    /// <summary>Number of tasks that silos may create.</summary>
    [Id(2)]
    public long ReservedTasks { get; set; }
}
