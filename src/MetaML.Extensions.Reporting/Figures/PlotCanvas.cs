using ScottPlot;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>What figures draw on: a plot whose units are pixels from the upper left corner.</summary>
/// <remarks>Figures place everything themselves, so that labels stand beside what they name, on a phone too.</remarks>
internal sealed class PlotCanvas : IDisposable
{
    /// <summary>Size of the letters, in pixels.</summary>
    public const float FontSize = 12;

    private readonly Plot _plot = new();
    private readonly Dictionary<string, string> _texts = [];

    public PlotCanvas(int width, int height)
    {
        Width = width;
        Height = height;
        _plot.HideGrid();
        _plot.Layout.Frameless();
        _plot.Axes.SetLimits(0, width, 0, height);
        _plot.FigureBackground.Color = Color.FromHex(Palette.Surface);
        _plot.DataBackground.Color = Colors.Transparent;
    }

    public int Width { get; }

    public int Height { get; }

    public void Line(double x1, double y1, double x2, double y2, string color, double width = 1, LinePattern? pattern = null) =>
        Path([x1, x2], [y1, y2], color, width, pattern);

    public void Path(double[] xs, double[] ys, string color, double width = 2, LinePattern? pattern = null)
    {
        var line = _plot.Add.ScatterLine(xs, Array.ConvertAll(ys, Up), Color.FromHex(color));
        line.LineWidth = (float)width;
        line.LinePattern = pattern ?? LinePattern.Solid;
        line.MarkerSize = 0;
    }

    /// <summary>The area between two lines.</summary>
    public void Band(double[] xs, double[] lower, double[] upper, string color, double opacity)
    {
        double[] ys = [.. lower, .. upper.Reverse()];
        Fill(xs.Concat(xs.Reverse()).Select((x, i) => new Coordinates(x, Up(ys[i]))), color, opacity);
    }

    public void Box(double x, double y, double width, double height, string color, double opacity) =>
        Fill([new(x, Up(y)), new(x + width, Up(y)), new(x + width, Up(y + height)), new(x, Up(y + height))], color, opacity);

    public void Dot(double x, double y, string color, double size = 8, MarkerShape shape = MarkerShape.FilledCircle) =>
        _plot.Add.Marker(x, Up(y), shape, (float)size, Color.FromHex(color));

    /// <summary>One line of text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="x">Where it begins, is centred, or ends.</param>
    /// <param name="y">Its middle.</param>
    /// <param name="color">A colour of the palette.</param>
    /// <param name="alignment">Middle left, centre or right.</param>
    /// <param name="size">Size of the letters, in pixels.</param>
    public void Text(string text, double x, double y, string color, Alignment alignment = Alignment.MiddleLeft, double size = FontSize)
    {
        (string font, string drawn) = ReportFont.For(text);
        while (_texts.TryGetValue(drawn, out string? other) && other != text) // boxes look alike
            drawn += "□";
        _texts[drawn] = text;
        var label = _plot.Add.Text(drawn, x, Up(y));
        label.LabelFontName = font;
        label.LabelFontSize = (float)size;
        label.LabelFontColor = Color.FromHex(color);
        label.LabelAlignment = alignment;
    }

    /// <summary>As an SVG element whose colours are the page's.</summary>
    /// <param name="description">What one sees, for those who do not.</param>
    /// <param name="style">The element's class.</param>
    public string ToSvg(string description, string style) => ThemedSvg.Of(_plot.GetSvgXml(Width, Height), Width, Height, _texts, description, style);

    /// <summary>As a picture.</summary>
    /// <param name="scale">Pixels of the picture for one of the canvas, each way.</param>
    public byte[] ToPng(int scale)
    {
        _plot.ScaleFactor = scale;
        return _plot.GetImageBytes(scale * Width, scale * Height, ImageFormat.Png);
    }

    public void Dispose() => _plot.Dispose();

    private void Fill(IEnumerable<Coordinates> corners, string color, double opacity)
    {
        var area = _plot.Add.Polygon([.. corners]);
        area.FillColor = Color.FromHex(color).WithAlpha(opacity);
        area.LineWidth = 0;
        area.MarkerSize = 0;
    }

    private double Up(double y) => Height - y;
}
