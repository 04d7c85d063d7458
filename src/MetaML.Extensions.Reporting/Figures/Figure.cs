namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of a report, in two shapes: for a wide page and for a phone.</summary>
internal abstract class Figure
{
    private const int Wide = 820, Narrow = 340, TitleHeight = 40, PngScale = 2;

    /// <summary>Its name in files.</summary>
    public abstract string Name { get; }

    /// <summary>What it shows, in a few words.</summary>
    public abstract string Title { get; }

    /// <summary>What one sees, for those who do not.</summary>
    public abstract string Description { get; }

    /// <summary>Whether two of its kind stand side by side on a wide page.</summary>
    public virtual bool IsHalf => false;

    /// <summary>As SVG elements, of which the style sheet shows the one that fits.</summary>
    public IEnumerable<string> ToSvg()
    {
        if (IsHalf)
            return [Svg(Narrow, "half")];
        return [Svg(Wide, "wide"), Svg(Narrow, "narrow")];
    }

    /// <summary>As a picture with its title.</summary>
    public byte[] ToPng()
    {
        int width = IsHalf ? 2 * Wide / 3 : Wide;
        var canvas = new PlotCanvas(width, HeightAt(width) + TitleHeight);
        canvas.Text(ReportFont.Shorten(Title, PlotCanvas.FontSize + 3, width - 24), 12, 20, Palette.Ink, size: PlotCanvas.FontSize + 3);
        Draw(canvas, new Area(12, TitleHeight, width - 24, HeightAt(width) - 8));
        return canvas.ToPng(PngScale);
    }

    /// <summary>The height that it needs.</summary>
    /// <param name="width">Its width.</param>
    protected abstract int HeightAt(int width);

    /// <summary>Draws it.</summary>
    /// <param name="canvas">What to draw on.</param>
    /// <param name="area">Where.</param>
    protected abstract void Draw(PlotCanvas canvas, Area area);

    private string Svg(int width, string style)
    {
        var canvas = new PlotCanvas(width, HeightAt(width));
        Draw(canvas, new Area(0, 0, width, HeightAt(width)));
        return canvas.ToSvg(Description, style);
    }
}
