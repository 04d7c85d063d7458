namespace MetaML.Extensions.Construction;

/// <summary>A row of a constructed task.</summary>
internal sealed class ConstructedRow
{
    public string Task { get; init; } = "";

    public string Label { get; init; } = "";

    public float[] Features { get; init; } = [];
}
