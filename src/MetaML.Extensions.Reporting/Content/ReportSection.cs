using MetaML.Extensions.Reporting.Figures;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A section of a report.</summary>
/// <param name="Name">Its name in links.</param>
/// <param name="Title">Its heading.</param>
internal sealed record ReportSection(string Name, string Title)
{
    /// <summary>What there is to say first.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>Its plots.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];

    /// <summary>Its tables.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    public bool IsEmpty => Figures.Count == 0 && Tables.Count == 0;
}
