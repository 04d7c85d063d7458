namespace MetaML.Extensions.Reporting.Figures;

/// <summary>The report's colours, each by a name that the page's style sheet has a light and a dark value for.</summary>
/// <remarks>
/// Hues after Okabe and Ito (2008), which readers with any of the common deficiencies tell apart, darkened or lightened until
/// text in them has a contrast of at least 4.5 with its background. No two light values are alike, so that each stands for
/// its name.
/// </remarks>
internal static class Palette
{
    public const string Ink = "#1b2129", Muted = "#5b6673", Grid = "#e3e7ec", Surface = "#ffffff";

    public const string MetaLearned = "#0067a8", FromScratch = "#b34700", Pooled = "#007a5e", Joint = "#94448a";

    /// <summary>Name, light value, dark value.</summary>
    public static readonly (string Name, string Light, string Dark)[] Colors =
    [
        ("ink", Ink, "#e8ecf1"),
        ("muted", Muted, "#9ba7b4"),
        ("grid", Grid, "#2b333d"),
        ("surface", Surface, "#171c22"),
        ("meta", MetaLearned, "#62b4ee"),
        ("scratch", FromScratch, "#f2955b"),
        ("pooled", Pooled, "#43c59e"),
        ("joint", Joint, "#d79bd0"),
        ("page", "#f6f7f9", "#0f1317"),
        ("line", "#d5dae1", "#333c47"),
        ("tint", "#e9f2f9", "#16293a"),
    ];

    private static readonly Dictionary<string, string> s_variables = Colors.ToDictionary(color => color.Light, color => $"var(--{color.Name})");

    /// <summary>The colour of a kind of strategy.</summary>
    public static string Of(StrategyKind kind) => kind switch
    {
        StrategyKind.MetaLearned => MetaLearned,
        StrategyKind.FromScratch => FromScratch,
        StrategyKind.Pooled => Pooled,
        _ => Joint,
    };

    /// <summary>What tells strategies of one kind apart.</summary>
    /// <param name="number">The strategy's number among those of its kind, from 0.</param>
    public static (Mark Mark, float[] Dashes) Variant(int number) => (number % 4) switch
    {
        0 => (Mark.Disc, []),
        1 => (Mark.Square, [5, 4]),
        2 => (Mark.Diamond, [2, 3]),
        _ => (Mark.Triangle, [9, 4]),
    };

    /// <summary>The style sheet's variable of a colour.</summary>
    public static string Variable(string light) => s_variables[light];
}
