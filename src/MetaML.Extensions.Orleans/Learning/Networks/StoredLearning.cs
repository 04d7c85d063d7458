namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The stored state of a <see cref="NetworkGrain"/>.</summary>
[GenerateSerializer]
[Alias("MetaML.StoredLearning")]
internal sealed class StoredLearning
{
    /// <summary>The last learning; null for none.</summary>
    [Id(0)]
    public NetworkLearningState? Learning { get; set; }

    /// <summary>The checkpoint of the outer loop; null for none.</summary>
    [Id(1)]
    public byte[]? Checkpoint { get; set; }
}
