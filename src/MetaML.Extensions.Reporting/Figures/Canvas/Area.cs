namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>A rectangle of a canvas.</summary>
internal readonly record struct Area(double Left, double Top, double Width, double Height)
{
    public double Right => Left + Width;

    public double Bottom => Top + Height;

    /// <summary>The rectangle without margins.</summary>
    public Area Inside(double left = 0, double top = 0, double right = 0, double bottom = 0) => new(Left + left, Top + top, Width - left - right, Height - top - bottom);

    /// <summary>Draws a vertical axis: horizontal grid lines with labels to their left.</summary>
    public void DrawVerticalAxis(PlotCanvas canvas, Scale y, int maximumTicks = 5)
    {
        foreach ((double value, string label) in y.Ticks(maximumTicks))
        {
            canvas.Line(Left, y[value], Right, y[value], Palette.Grid);
            canvas.Text(label, Left - 8, y[value], Palette.Muted, Anchor.End);
        }
    }

    /// <summary>Draws a horizontal axis: vertical grid lines, labels below, and the name of the axis below the labels.</summary>
    public void DrawHorizontalAxis(PlotCanvas canvas, Scale x, string name, bool hasLines = true)
    {
        foreach ((double value, string label) in x.Ticks(Math.Clamp((int)(Width / 45), 3, 7)))
        {
            if (hasLines)
                canvas.Line(x[value], Top, x[value], Bottom, Palette.Grid);
            canvas.Text(label, x[value], Bottom + 12, Palette.Muted, Anchor.Middle);
        }

        DrawName(canvas, name);
    }

    /// <summary>Draws the name of a horizontal axis.</summary>
    public void DrawName(PlotCanvas canvas, string name) => canvas.Text(name, Left + Width / 2, Bottom + 30, Palette.Muted, Anchor.Middle);
}
