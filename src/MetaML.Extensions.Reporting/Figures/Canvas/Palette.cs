namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>The colours of reports. Each has a name, and a light and a dark value in the style sheet of the page.</summary>
/// <remarks>
/// The hues are those of Okabe and Ito (2008). People with the common kinds of colour blindness can distinguish them. They are
/// darkened or lightened, so that text in these colours has a contrast of at least 4.5 with its background. All light values
/// differ, so that a light value identifies its name.
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

    /// <summary>The mark and dashes that distinguish strategies of one kind.</summary>
    /// <param name="number">The strategy's index among those of its kind, from 0.</param>
    public static (Mark Mark, float[] Dashes) Variant(int number) => (number % 4) switch
    {
        0 => (Mark.Disc, []),
        1 => (Mark.Square, [5, 4]),
        2 => (Mark.Diamond, [2, 3]),
        _ => (Mark.Triangle, [9, 4]),
    };

    /// <summary>The variable of a colour in the style sheet.</summary>
    public static string Variable(string light) => s_variables[light];
}
