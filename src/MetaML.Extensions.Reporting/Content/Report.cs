namespace MetaML.Extensions.Reporting.Content;

/// <summary>The content of a report, independent of the file format.</summary>
/// <param name="Title">The title.</param>
/// <param name="Headline">The main result in one short sentence.</param>
internal sealed record Report(string Title, string Headline)
{
    private readonly IReadOnlyList<ReportSection> _sections = [];

    /// <summary>What the headline is based on, in a paragraph below it; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary>The most important figures: names and values.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>A verdict in a few words, and whether it is good (true), bad (false) or neutral (null). Null for no verdict.</summary>
    public (string Text, bool? IsGood)? Verdict { get; init; }

    /// <summary>The sections. Sections without figures and tables are removed.</summary>
    public IReadOnlyList<ReportSection> Sections
    {
        get => _sections;
        init => _sections = [.. value.Where(section => !section.IsEmpty)];
    }
}
