using MetaML.Extensions.Reporting.Figures.Canvas;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of a report. It is drawn in two widths, for a wide page and for a phone.</summary>
internal abstract class Figure
{
    private const int Wide = 820, Narrow = 340, TitleHeight = 40, PngScale = 2;

    /// <summary>The name of the plot in file names.</summary>
    public abstract string Name { get; }

    /// <summary>The title.</summary>
    public abstract string Title { get; }

    /// <summary>A description of the plot for screen readers.</summary>
    public abstract string Description { get; }

    /// <summary>Whether two plots of this kind are side by side on a wide page.</summary>
    public virtual bool IsHalf => false;

    /// <summary>Draws the plot as SVG elements. The style sheet shows the one that fits the page.</summary>
    public IEnumerable<string> ToSvg()
    {
        if (IsHalf)
            return [Svg(Narrow, "half")];
        return [Svg(Wide, "wide"), Svg(Narrow, "narrow")];
    }

    /// <summary>Draws the plot with its title as a PNG image.</summary>
    public byte[] ToPng()
    {
        int width = IsHalf ? 2 * Wide / 3 : Wide;
        var canvas = new PlotCanvas(width, HeightAt(width) + TitleHeight);
        canvas.Text(ReportFont.Shorten(Title, PlotCanvas.FontSize + 3, width - 24), 12, 20, Palette.Ink, size: PlotCanvas.FontSize + 3);
        Draw(canvas, new Area(12, TitleHeight, width - 24, HeightAt(width) - 8));
        return canvas.ToPng(PngScale);
    }

    /// <summary>The height of the plot for a width.</summary>
    /// <param name="width">The width.</param>
    protected abstract int HeightAt(int width);

    /// <summary>Draws the plot.</summary>
    /// <param name="canvas">The canvas.</param>
    /// <param name="area">The part of the canvas to draw in.</param>
    protected abstract void Draw(PlotCanvas canvas, Area area);

    private string Svg(int width, string style)
    {
        var canvas = new PlotCanvas(width, HeightAt(width));
        Draw(canvas, new Area(0, 0, width, HeightAt(width)));
        return canvas.ToSvg(Description, style);
    }
}
