using System.Globalization;
using System.Text;
using MetaML.Extensions.Reporting.Text;
using SkiaSharp;

namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>The canvas of a figure: a list of shapes and labels, which is written as SVG or PNG. Coordinates are pixels from the upper left corner.</summary>
/// <remarks>
/// It uses the same version of SkiaSharp as ML.NET and TorchSharp. Plotting libraries that need a newer version (ScottPlot 5.1)
/// break ML.NET's image transforms in the same process. Figures compute all positions themselves, so that labels are beside
/// their lines on narrow screens too.
/// </remarks>
internal sealed class PlotCanvas(int width, int height)
{
    /// <summary>The font size in pixels.</summary>
    public const double FontSize = 12;

    // The middle of a text is above its baseline by half the height of capitals and digits.
    private const double HalfCapitals = 0.36;

    private readonly List<Shape> _shapes = [];
    private readonly List<Label> _labels = [];

    /// <summary>The width in pixels.</summary>
    public double Width => width;

    public void Line(double x1, double y1, double x2, double y2, string color, double lineWidth = 1, float[]? dashes = null) =>
        Path([x1, x2], [y1, y2], color, lineWidth, dashes);

    public void Path(double[] xs, double[] ys, string color, double lineWidth = 2, float[]? dashes = null)
    {
        if (xs.Length > 1)
            Add(new Shape(Lines(xs, ys), color) { LineWidth = lineWidth, Dashes = dashes ?? [] });
    }

    /// <summary>Fills the area between two lines.</summary>
    public void Band(double[] xs, double[] lower, double[] upper, string color, double opacity) =>
        Add(new Shape(Lines([.. xs, .. Enumerable.Reverse(xs)], [.. lower, .. Enumerable.Reverse(upper)]) + "Z", color) { Opacity = opacity });

    public void Box(double x, double y, double boxWidth, double boxHeight, string color, double opacity) =>
        Add(new Shape(Data($"M{x:0.#} {y:0.#}h{boxWidth:0.#}v{boxHeight:0.#}h{-boxWidth:0.#}z"), color) { Opacity = opacity });

    /// <summary>Draws a mark.</summary>
    /// <param name="x">The horizontal position of its centre.</param>
    /// <param name="y">The vertical position of its centre.</param>
    /// <param name="color">A colour of the palette.</param>
    /// <param name="size">The diameter of a disc. The other shapes have a similar area.</param>
    /// <param name="mark">The shape.</param>
    public void Dot(double x, double y, string color, double size = 8, Mark mark = Mark.Disc)
    {
        double r = size / 2, side = 0.9 * r, corner = 1.25 * r;
        Add(new Shape(
            mark switch
            {
                Mark.Disc => Data($"M{x - r:0.#} {y:0.#}a{r:0.##} {r:0.##} 0 1 0 {size:0.##} 0a{r:0.##} {r:0.##} 0 1 0 {-size:0.##} 0z"),
                Mark.Square => Data($"M{x - side:0.#} {y - side:0.#}h{2 * side:0.#}v{2 * side:0.#}h{-2 * side:0.#}z"),
                Mark.Diamond => Data($"M{x - corner:0.#} {y:0.#}l{corner:0.#} {-corner:0.#}l{corner:0.#} {corner:0.#}l{-corner:0.#} {corner:0.#}z"),
                _ => Data($"M{x - corner:0.#} {y + r:0.#}h{2 * corner:0.#}l{-corner:0.#} {-2.2 * r:0.#}z"),
            },
            color));
    }

    /// <summary>Draws one line of text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="x">The horizontal position of the anchor.</param>
    /// <param name="y">The vertical position of the middle of the text.</param>
    /// <param name="color">A colour of the palette.</param>
    /// <param name="anchor">The part of the text that is at <paramref name="x"/>.</param>
    /// <param name="size">The font size in pixels.</param>
    public void Text(string text, double x, double y, string color, Anchor anchor = Anchor.Start, double size = FontSize) =>
        _labels.Add(new Label(text, x, y + HalfCapitals * size, size, color, anchor));

    /// <summary>Writes the canvas as an SVG element with the colours of the page's style sheet.</summary>
    /// <param name="description">A description of the plot for screen readers.</param>
    /// <param name="style">The CSS class of the element.</param>
    public string ToSvg(string description, string style)
    {
        var svg = new StringBuilder(Data($"<svg class=\"{style}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{HtmlText.Escape(description)}\">"));
        foreach (Shape shape in _shapes)
        {
            svg.Append(shape.LineWidth is { } line
                ? Data($"<path d=\"{shape.Path}\" fill=\"none\" stroke=\"{Palette.Variable(shape.Color)}\" stroke-width=\"{line:0.##}\" stroke-linejoin=\"round\"")
                : Data($"<path d=\"{shape.Path}\" fill=\"{Palette.Variable(shape.Color)}\""));
            if (shape.Opacity < 1)
                svg.Append(Data($" fill-opacity=\"{shape.Opacity:0.##}\""));
            if (shape.Dashes.Length > 0)
                svg.Append(Data($" stroke-dasharray=\"{string.Join(' ', shape.Dashes.Select(length => length.ToString(CultureInfo.InvariantCulture)))}\""));
            svg.Append("/>");
        }

        foreach (Label label in _labels)
        {
            string anchor = label.Anchor switch { Anchor.Start => "start", Anchor.Middle => "middle", _ => "end" };
            svg.Append(Data($"<text x=\"{label.X:0.#}\" y=\"{label.Baseline:0.#}\" text-anchor=\"{anchor}\" font-size=\"{label.Size:0.#}\" fill=\"{Palette.Variable(label.Color)}\">{HtmlText.Escape(label.Text)}</text>"));
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Writes the canvas as a PNG image.</summary>
    /// <param name="scale">Pixels of the image for one pixel of the canvas, in each direction.</param>
    public byte[] ToPng(int scale)
    {
        using var surface = SKSurface.Create(new SKImageInfo(scale * width, scale * height));
        surface.Canvas.Clear(SKColor.Parse(Palette.Surface));
        surface.Canvas.Scale(scale);
        foreach (Shape shape in _shapes)
        {
            using SKPaint paint = Paint(shape.Color, shape.Opacity);
            using SKPathEffect? dashes = shape.Dashes.Length > 0 ? SKPathEffect.CreateDash(shape.Dashes, 0) : null;
            paint.Style = shape.LineWidth is null ? SKPaintStyle.Fill : SKPaintStyle.Stroke;
            paint.StrokeWidth = (float)(shape.LineWidth ?? 0);
            paint.StrokeJoin = SKStrokeJoin.Round;
            paint.PathEffect = dashes;
            using var path = SKPath.ParseSvgPathData(shape.Path);
            surface.Canvas.DrawPath(path, paint);
        }

        foreach (Label label in _labels)
        {
            (SKTypeface typeface, string text) = ReportFont.For(label.Text);
            using var font = new SKFont(typeface, (float)label.Size) { Subpixel = true };
            using SKPaint paint = Paint(label.Color, 1);
            double left = label.X - font.MeasureText(typeface.GetGlyphs(text)) * label.Anchor switch { Anchor.Start => 0, Anchor.Middle => 0.5, _ => 1 };
            surface.Canvas.DrawText(text, (float)left, (float)label.Baseline, font, paint);
        }

        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    // Consecutive areas with the same colour are joined into one shape, which makes the SVG smaller.
    private void Add(Shape shape)
    {
        if (_shapes.Count > 0 && _shapes[^1].Joins(shape) && shape.Opacity < 1)
            _shapes[^1] = shape with { Path = _shapes[^1].Path + shape.Path };
        else
            _shapes.Add(shape);
    }

    private static string Lines(double[] xs, double[] ys) => "M" + string.Join('L', xs.Zip(ys, (x, y) => Data($"{x:0.#} {y:0.#}")));

    private static SKPaint Paint(string color, double opacity) =>
        new() { IsAntialias = true, Color = SKColor.Parse(color).WithAlpha((byte)Math.Round(255 * opacity)) };

    private static string Data(FormattableString text) => FormattableString.Invariant(text);
}
