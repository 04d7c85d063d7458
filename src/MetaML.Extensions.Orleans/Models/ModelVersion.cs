namespace MetaML;

/// <summary>A published version of a model.</summary>
/// <param name="Name">The name of the version.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="ByteCount">The size of the file.</param>
/// <param name="Published">The time of publication.</param>
/// <param name="IsActive">Whether tasks use this version.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.ModelVersion")]
public sealed record ModelVersion(
    [property: Id(0)] string Name,
    [property: Id(1)] string Sha256,
    [property: Id(2)] long ByteCount,
    [property: Id(3)] DateTimeOffset Published,
    [property: Id(4)] bool IsActive);
