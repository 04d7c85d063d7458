using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the mean score and its interval for each strategy, the best first.</summary>
/// <param name="metric">The name of the metric.</param>
/// <param name="tasks">A name for the tasks of the means, for example "validation tasks".</param>
/// <param name="bestFirst">The strategies, the best first.</param>
/// <param name="chosen">The name of the highlighted strategy.</param>
internal sealed class ScoresFigure(string metric, string tasks, IReadOnlyList<StrategyScore> bestFirst, string chosen) : Figure
{
    private const int MostShown = 24, AxisHeight = 40;

    private readonly StrategyScore[] _shown = [.. bestFirst.Take(MostShown)];

    public override string Name => "comparison";

    public override string Title => $"{Display.Sentence(metric)}: mean over {tasks}, 95 % interval{(bestFirst.Count > MostShown ? $"; the best {MostShown} of {Display.Count(bestFirst.Count, "strategy", "strategies")}" : "")}";

    public override string Description => $"{Title}. {string.Join("; ", _shown.Select(one => $"{Display.Line(one.Strategy)} {Display.Interval(one.Score)}"))}.";

    protected override int HeightAt(int width) => 8 + RowHeight(width) * _shown.Length + AxisHeight;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        bool isNarrow = IsNarrow(area.Width);
        double row = RowHeight(area.Width), room = isNarrow ? 0 : Math.Min(0.42 * area.Width, 8 + _shown.Max(one => ReportFont.Measure(Display.Line(one.Strategy), PlotCanvas.FontSize)));
        Area plot = area.Inside(left: room + 12, top: 8, right: Math.Max(52, 14 + ReportFont.Widest(_shown.Select(one => Display.Number(one.Score.Mean)))), bottom: AxisHeight);
        var x = Scale.Of(_shown.SelectMany(one => new[] { one.Score.Mean, one.Score.Lower, one.Score.Upper }), plot.Left, plot.Right);
        plot.DrawHorizontalAxis(canvas, x, metric);
        for (int i = 0; i < _shown.Length; i++)
        {
            (string strategy, StrategyKind kind, MeanInterval score) = _shown[i];
            double y = plot.Top + (i + (isNarrow ? 0.72 : 0.5)) * row;
            string ink = strategy == chosen ? Palette.Ink : Palette.Muted;
            if (isNarrow)
                canvas.Text(ReportFont.Shorten(Display.Line(strategy), PlotCanvas.FontSize, area.Width), area.Left, y - 17, ink);
            else
                canvas.Text(ReportFont.Shorten(Display.Line(strategy), PlotCanvas.FontSize, room), plot.Left - 12, y, ink, Anchor.End);
            if (!double.IsNaN(score.HalfWidth))
                canvas.Line(x[score.Lower], y, x[score.Upper], y, Palette.Of(kind), 2);
            canvas.Dot(x[score.Mean], y, Palette.Of(kind), 9);
            canvas.Text(Display.Number(score.Mean), plot.Right + 10, y, ink);
        }
    }

    // On narrow screens the names are above the intervals and not beside them. Names often differ only at their ends, so that they must not be cut.
    private static bool IsNarrow(double width) => width < 500;

    private static int RowHeight(double width) => IsNarrow(width) ? 38 : 24;
}
