namespace MetaML.Extensions.Reporting.Content;

/// <summary>What a report says, whatever it is written as.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Headline">What it comes to, in a sentence.</param>
internal sealed record Report(string Title, string Headline)
{
    private readonly IReadOnlyList<ReportSection> _sections = [];

    /// <summary>What is told of the headline at a glance: a name and a value.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>A verdict in a few words, and whether it is good (true), bad (false) or neither; null without one.</summary>
    public (string Text, bool? IsGood)? Verdict { get; init; }

    /// <summary>The sections that have something to show.</summary>
    public IReadOnlyList<ReportSection> Sections
    {
        get => _sections;
        init => _sections = [.. value.Where(section => !section.IsEmpty)];
    }
}
