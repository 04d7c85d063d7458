namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>A rectangle of a canvas.</summary>
internal readonly record struct Area(double Left, double Top, double Width, double Height)
{
    private const int MostTicks = 5; // of a vertical axis

    public double Right => Left + Width;

    public double Bottom => Top + Height;

    /// <summary>The rectangle without margins.</summary>
    public Area Inside(double left = 0, double top = 0, double right = 0, double bottom = 0) => new(Left + left, Top + top, Width - left - right, Height - top - bottom);

    /// <summary>The room in pixels to the left of a plot for the labels of a vertical axis.</summary>
    /// <param name="values">The values that the axis contains.</param>
    /// <param name="maximumTicks">The largest number of labels.</param>
    public static double RoomOfVerticalAxis(IEnumerable<double> values, int maximumTicks = MostTicks) =>
        Math.Max(44, 12 + ReportFont.Widest(Scale.Of(values, 0, 1).Ticks(maximumTicks).Select(tick => tick.Label)));

    /// <summary>Draws a vertical axis: horizontal grid lines with labels to their left.</summary>
    public void DrawVerticalAxis(PlotCanvas canvas, Scale y, int maximumTicks = MostTicks)
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
        double widest = ReportFont.Widest(x.Ticks(7).Select(tick => tick.Label));
        foreach ((double value, string label) in x.Ticks(Math.Clamp((int)(Width / Math.Max(45, widest + 12)), 2, 7)))
        {
            if (hasLines)
                canvas.Line(x[value], Top, x[value], Bottom, Palette.Grid);
            double half = ReportFont.Measure(label, PlotCanvas.FontSize) / 2;
            canvas.Text(label, Math.Clamp(x[value], half, canvas.Width - half), Bottom + 12, Palette.Muted, Anchor.Middle);
        }

        DrawName(canvas, name);
    }

    /// <summary>Draws the name of a horizontal axis.</summary>
    public void DrawName(PlotCanvas canvas, string name) => canvas.Text(name, Left + Width / 2, Bottom + 30, Palette.Muted, Anchor.Middle);
}
