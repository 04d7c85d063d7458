namespace MetaML.Extensions.Orleans.Models;

/// <summary>The stored state of a <see cref="ModelFileGrain"/>.</summary>
[GenerateSerializer]
[Alias("MetaML.ModelFile")]
internal sealed class ModelFile
{
    /// <summary>The file.</summary>
    [Id(0)]
    public byte[] Bytes { get; set; } = [];
}
