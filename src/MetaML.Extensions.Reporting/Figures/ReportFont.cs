using System.Text;
using ScottPlot;
using SkiaSharp;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>The font of plots, which comes with the package: machines without any font draw the same plots.</summary>
internal sealed class ReportFont : IFontResolver
{
    private const string Name = "MetaML.Extensions.Reporting";
    private const string Uncovered = "□";

    private static readonly SKTypeface s_typeface = Load();

    // ScottPlot knows fonts by name, process-wide; this name is asked for here alone.
    static ReportFont() => Fonts.FontResolvers.Insert(0, new ReportFont());

    private ReportFont()
    {
    }

    /// <summary>Width of a text in pixels.</summary>
    public static double Measure(string text, double size)
    {
        using var font = new SKFont(s_typeface, (float)size);
        return font.MeasureText(text);
    }

    /// <summary>A text that is not wider than it may be.</summary>
    public static string Shorten(string text, double size, double width)
    {
        if (Measure(text, size) <= width)
            return text;
        Rune[] runes = [.. text.EnumerateRunes()];
        for (int kept = runes.Length - 1; kept > 0; kept--)
        {
            string shortened = string.Concat(runes.Take(kept)).TrimEnd() + "…";
            if (Measure(shortened, size) <= width)
                return shortened;
        }

        return "…";
    }

    /// <summary>The font that has a text's letters, and the text with boxes for those that no font here has.</summary>
    public static (string Font, string Drawn) For(string text)
    {
        if (s_typeface.ContainsGlyphs(text))
            return (Name, text);
        string other = Fonts.Detect(text);
        return Fonts.GetTypeface(other, false, false).ContainsGlyphs(text)
            ? (other, text)
            : (Name, string.Concat(text.EnumerateRunes().Select(rune => s_typeface.ContainsGlyph(rune.Value) ? rune.ToString() : Uncovered)));
    }

    SKTypeface? IFontResolver.CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name ? s_typeface : null;

    SKTypeface? IFontResolver.CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? s_typeface : null;

    private static SKTypeface Load()
    {
        using Stream stream = typeof(ReportFont).Assembly.GetManifestResourceStream("Inter-Regular.otf")!;
        return SKTypeface.FromStream(stream);
    }
}
