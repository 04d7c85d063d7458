using System.Text;
using SkiaSharp;

namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>The font of plots. It is part of the package, so that plots are the same on machines without fonts.</summary>
internal static class ReportFont
{
    private const string Uncovered = "□";

    private static readonly SKTypeface s_typeface = Load();

    /// <summary>Width in pixels of the widest text in the size of a plot's labels; 0 if there is none.</summary>
    public static double Widest(IEnumerable<string> texts) => texts.Select(text => Measure(text, PlotCanvas.FontSize)).DefaultIfEmpty(0).Max();

    /// <summary>Width of a text in pixels.</summary>
    public static double Measure(string text, double size)
    {
        using var font = new SKFont(s_typeface, (float)size);
        return font.MeasureText(s_typeface.GetGlyphs(text));
    }

    /// <summary>Cuts a text that is wider than the given width, and ends it with an ellipsis.</summary>
    public static string Shorten(string text, double size, double width)
    {
        if (Measure(text, size) <= width)
            return text;
        Rune[] runes = [.. text.EnumerateRunes()];
        for (int length = runes.Length - 1; length > 0; length--)
        {
            string shortened = string.Concat(runes.Take(length)).TrimEnd() + "…";
            if (Measure(shortened, size) <= width)
                return shortened;
        }

        return "…";
    }

    /// <summary>A font that contains the characters of a text. If no font contains them, boxes replace the missing characters in the text.</summary>
    public static (SKTypeface Typeface, string Text) For(string text)
    {
        if (s_typeface.ContainsGlyphs(text))
            return (s_typeface, text);
        Rune missing = text.EnumerateRunes().First(rune => !s_typeface.ContainsGlyph(rune.Value));
        return SKFontManager.Default.MatchCharacter(missing.Value) is { } other && other.ContainsGlyphs(text)
            ? (other, text)
            : (s_typeface, string.Concat(text.EnumerateRunes().Select(rune => s_typeface.ContainsGlyph(rune.Value) ? rune.ToString() : Uncovered)));
    }

    private static SKTypeface Load()
    {
        using Stream stream = typeof(ReportFont).Assembly.GetManifestResourceStream("Inter-Regular.otf")!;
        return SKTypeface.FromStream(stream);
    }
}
