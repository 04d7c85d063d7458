using System.Globalization;
using System.Text;

namespace MetaML.Extensions.Reporting.Text;

/// <summary>Formats numbers and names for readers. The format is the same in all cultures.</summary>
internal static class Display
{
    /// <summary>The text for an absent number.</summary>
    public const string Nothing = "–";

    /// <summary>A number with three decimals. Large numbers have fewer, small numbers have more.</summary>
    public static string Number(double value) => !double.IsFinite(value) ? Nothing : Minus(value.ToString(Format(Math.Abs(value)), CultureInfo.InvariantCulture));

    /// <summary>A difference, with its sign.</summary>
    public static string Signed(double value) => value > 0 ? $"+{Number(value)}" : Number(value);

    /// <summary>A mean with its 95 % interval, as in "0.934 ± 0.016".</summary>
    public static string Interval(MeanInterval value) => double.IsNaN(value.HalfWidth) || double.IsNaN(value.Mean)
        ? Number(value.Mean)
        : string.Create(CultureInfo.InvariantCulture, $"{Number(value.Mean)} ± {Math.Abs(value.HalfWidth).ToString(Format(Math.Abs(value.Mean)), CultureInfo.InvariantCulture)}");

    /// <summary>A mean difference with its 95 % interval, as in "+0.111 ± 0.026".</summary>
    public static string Gain(MeanInterval value) => (value.Mean > 0 ? "+" : "") + Interval(value);

    /// <summary>A count, as in "12,000".</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun, as in "1 task" and "2 tasks".</summary>
    public static string Count(long count, string noun, string? plural = null) => $"{Count(count)} {(count == 1 ? noun : plural ?? noun + "s")}";

    /// <summary>A duration, as in "32.2 s" and "3 min 20 s".</summary>
    public static string Seconds(double seconds) => seconds switch
    {
        double.NaN => Nothing,
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{1e6 * seconds:G3} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{1000 * seconds:F0} ms"),
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):F0} min {Math.Floor(seconds % 60):F0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3600):F0} h {Math.Floor(seconds % 3600 / 60):F0} min"),
    };

    /// <summary>Memory, as in "512 MiB".</summary>
    public static string Bytes(long bytes) => bytes <= 0 ? Nothing : bytes < 1 << 20 ? $"{Count((bytes + (1 << 9)) >> 10)} KiB" : $"{Count((bytes + (1 << 19)) >> 20)} MiB";

    /// <summary>The metrics of an evaluation: those of the kind of its labels, and that of the user if strategies are compared by it.</summary>
    public static IReadOnlyList<TaskMetric> Metrics(FewShotEvaluation evaluation) => evaluation.Metric == TaskMetric.Own ? [.. evaluation.Kind.Metrics(), TaskMetric.Own] : evaluation.Kind.Metrics();

    /// <summary>Converts text to one line. Each run of white space and control characters becomes a space. Each half of a surrogate pair becomes U+FFFD.</summary>
    public static string Line(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool blank = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (!blank)
                line.Append(rune.ToString());
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        string trimmed = line.ToString().TrimEnd();
        return trimmed.Length > 0 ? trimmed : "(blank)";
    }

    /// <summary>The name of a kind of strategy.</summary>
    public static string Kind(StrategyKind kind) => kind switch
    {
        StrategyKind.FromScratch => "from scratch",
        StrategyKind.Pooled => "pooled",
        StrategyKind.Joint => "joint",
        StrategyKind.Combined => "combined",
        _ => "meta-learned",
    };

    /// <summary>The text with a capital first letter.</summary>
    public static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string Format(double magnitude) => magnitude switch
    {
        0 => "F3",
        >= 1000 => "N0",
        >= 100 => "F1",
        >= 10 => "F2",
        >= 0.0005 => "F3",
        _ => "G2",
    };

    private static string Minus(string number) => number.Replace('-', '−');
}
