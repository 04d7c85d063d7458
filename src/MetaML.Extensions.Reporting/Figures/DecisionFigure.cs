using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the values of decisions against their number, with a line and an interval for each learner.</summary>
/// <param name="comparison">The learners.</param>
/// <param name="isCumulative">Whether the values are summed up to each decision.</param>
internal sealed class DecisionFigure(DecisionComparison comparison, bool isCumulative) : Figure
{
    private const int AxisHeight = 40, LineHeight = 16;

    public override string Name => isCumulative ? "sum over decisions" : "decision by decision";

    public override string Title => $"{Display.Sentence(comparison.Quantity)} {(isCumulative ? "up to each decision" : "of each decision")}: mean over tasks, 95 % interval";

    public override string Description =>
        $"{Title}. {string.Join("; ", comparison.Curves.Select(curve => $"{Display.Line(curve.Learner)} {Display.Interval(Points(curve)[0])} at first, {Display.Interval(Points(curve)[^1])} at decision {Points(curve).Count}"))}.";

    protected override int HeightAt(int width) => Math.Max(width > 500 ? 320 : 260, 60 + LineHeight * comparison.Curves.Count);

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        double room = Math.Min(0.42 * area.Width, 16 + ReportFont.Widest(comparison.Curves.Select(curve => Display.Line(curve.Learner))));
        double[] values = [.. comparison.Curves.SelectMany(Points).SelectMany(point => double.IsNaN(point.HalfWidth) ? [point.Mean] : new[] { point.Lower, point.Upper })];
        Area plot = area.Inside(left: Area.RoomOfVerticalAxis(values), top: 12, right: room, bottom: AxisHeight);
        var y = Scale.Of(values, plot.Bottom, plot.Top);
        var x = new Scale(1, Math.Max(2, comparison.Curves.Max(curve => curve.Means.Count)), plot.Left + 8, plot.Right - 8);
        plot.DrawVerticalAxis(canvas, y);
        plot.DrawHorizontalAxis(canvas, x, "decision", hasLines: false);
        foreach (DecisionCurve curve in comparison.Curves)
        {
            (double X, MeanInterval Value)[] shown = [.. Points(curve).Select((point, i) => (x[i + 1], point)).Where(point => !double.IsNaN(point.point.HalfWidth))];
            if (shown.Length > 1)
                canvas.Band([.. shown.Select(point => point.X)], [.. shown.Select(point => y[point.Value.Lower])], [.. shown.Select(point => y[point.Value.Upper])], Palette.Of(curve.Kind), 0.12);
        }

        var kinds = new Dictionary<StrategyKind, int>();
        foreach (DecisionCurve curve in comparison.Curves)
        {
            int number = kinds.GetValueOrDefault(curve.Kind);
            kinds[curve.Kind] = number + 1;
            canvas.Path([.. Points(curve).Select((_, i) => x[i + 1])], [.. Points(curve).Select(point => y[point.Mean])], Palette.Of(curve.Kind), 2, Palette.Variant(number).Dashes);
        }

        double[] ends = [.. comparison.Curves.Select(curve => y[Points(curve)[^1].Mean])];
        double[] positions = DirectLabels.Separate(ends, LineHeight, plot.Top, plot.Bottom);
        for (int i = 0; i < ends.Length; i++)
        {
            string color = Palette.Of(comparison.Curves[i].Kind);
            if (Math.Abs(positions[i] - ends[i]) > 4)
                canvas.Line(plot.Right - 4, ends[i], plot.Right + 10, positions[i], color, 0.7);
            canvas.Text(ReportFont.Shorten(Display.Line(comparison.Curves[i].Learner), PlotCanvas.FontSize, room - 14), plot.Right + 13, positions[i], color);
        }
    }

    private IReadOnlyList<MeanInterval> Points(DecisionCurve curve) => isCumulative ? curve.CumulativeMeans : curve.Means;
}
