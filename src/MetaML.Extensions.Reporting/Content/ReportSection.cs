using MetaML.Extensions.Reporting.Figures;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A section of a report.</summary>
/// <param name="Name">The name in links.</param>
/// <param name="Title">The heading.</param>
internal sealed record ReportSection(string Name, string Title)
{
    /// <summary>The paragraphs above the plots.</summary>
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>The plots.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];

    /// <summary>The tables.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    public bool IsEmpty => Figures.Count == 0 && Tables.Count == 0;
}
