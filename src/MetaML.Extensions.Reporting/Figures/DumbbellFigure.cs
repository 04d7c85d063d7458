using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A dumbbell plot of the results of two strategies for each task. If there are many tasks, it shows those with the largest gains and losses.</summary>
/// <param name="comparison">The two strategies.</param>
internal sealed class DumbbellFigure(PairedComparison comparison) : Figure
{
    /// <summary>The largest number of tasks of which all are shown.</summary>
    public const int MostTasks = 40;

    private const int AtEachEnd = 12, RowHeight = 20, AxisHeight = 40, HeadHeight = 26;

    private readonly TaskComparison?[] _rows = Rows([.. comparison.Tasks.OrderByDescending(task => task.Gain)]);

    public override string Name => "task by task";

    public override string Title => $"{Display.Sentence(comparison.Metric.DisplayName())} of each task, the largest gain first{(comparison.Tasks.Count > MostTasks ? $": the first and last {AtEachEnd} of {Display.Count(comparison.Tasks.Count)}" : "")}";

    public override string Description =>
        $"{Title}. {Display.Line(comparison.Strategy)} against {Display.Line(comparison.Baseline)}: {comparison.Wins} tasks better, {comparison.Ties} equal, {comparison.Losses} worse.";

    protected override int HeightAt(int width) => HeadHeight + RowHeight * _rows.Length + AxisHeight;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        double room = Math.Min(0.36 * area.Width, 8 + _rows.OfType<TaskComparison>().Max(task => ReportFont.Measure(Label(task), PlotCanvas.FontSize)));
        double gains = Math.Max(56, 14 + ReportFont.Widest(_rows.OfType<TaskComparison>().Select(task => Display.Signed(task.Gain))));
        Area plot = area.Inside(left: room + 12, top: HeadHeight, right: gains, bottom: AxisHeight);
        var x = Scale.Of(_rows.OfType<TaskComparison>().SelectMany(task => new[] { task.Baseline, task.Strategy }), plot.Left, plot.Right);
        plot.DrawHorizontalAxis(canvas, x, comparison.Metric.DisplayName());
        DrawHeads(canvas, area, plot);
        for (int i = 0; i < _rows.Length; i++)
        {
            double y = plot.Top + (i + 0.5) * RowHeight;
            if (_rows[i] is not { } task)
            {
                canvas.Text(Label(null), plot.Left + plot.Width / 2, y, Palette.Muted, Anchor.Middle);
                continue;
            }

            string color = task.Gain < 0 ? Palette.FromScratch : Palette.MetaLearned;
            canvas.Text(ReportFont.Shorten(Label(task), PlotCanvas.FontSize, room), plot.Left - 12, y, Palette.Ink, Anchor.End);
            canvas.Line(x[task.Baseline], y, x[task.Strategy], y, color, 3);
            canvas.Dot(x[task.Baseline], y, Palette.FromScratch, 9);
            canvas.Dot(x[task.Baseline], y, Palette.Surface, 5);
            canvas.Dot(x[task.Strategy], y, Palette.MetaLearned, 9);
            canvas.Text(Display.Signed(task.Gain), plot.Right + 10, y, color);
        }
    }

    // The legend: ○ from scratch … ● meta-learned, gain.
    private void DrawHeads(PlotCanvas canvas, Area area, Area plot)
    {
        double half = (area.Width - 70) / 2;
        string baseline = ReportFont.Shorten(Display.Line(comparison.Baseline), PlotCanvas.FontSize, half - 20);
        string strategy = ReportFont.Shorten(Display.Line(comparison.Strategy), PlotCanvas.FontSize, half - 20);
        double width = 34 + ReportFont.Measure(baseline, PlotCanvas.FontSize) + ReportFont.Measure(strategy, PlotCanvas.FontSize);
        double left = Math.Min(plot.Left, area.Right - 60 - width), y = plot.Top - HeadHeight / 2.0 - 2;
        canvas.Dot(left + 5, y, Palette.FromScratch, 9);
        canvas.Dot(left + 5, y, Palette.Surface, 5);
        canvas.Text(baseline, left + 14, y, Palette.FromScratch);
        double next = left + 14 + ReportFont.Measure(baseline, PlotCanvas.FontSize) + 16;
        canvas.Dot(next, y, Palette.MetaLearned, 9);
        canvas.Text(strategy, next + 9, y, Palette.MetaLearned);
        canvas.Text("gain", plot.Right + 10, y, Palette.Muted);
    }

    private string Label(TaskComparison? task) =>
        task is null ? $"… {Display.Count(comparison.Tasks.Count - 2 * AtEachEnd)} tasks between …" : Display.Line(task.Task);

    private static TaskComparison?[] Rows(TaskComparison[] bestFirst)
    {
        if (bestFirst.Length <= MostTasks)
            return bestFirst;
        return [.. bestFirst[..AtEachEnd], null, .. bestFirst[^AtEachEnd..]];
    }
}
