using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A caterpillar plot: the difference of each task's effect from that of the population, with its 95 % interval, the largest first.</summary>
/// <param name="number">The number of the plot in file names.</param>
/// <param name="effect">The name of the effect.</param>
/// <param name="effects">The effect in each task.</param>
internal sealed class CaterpillarFigure(int number, string effect, IEnumerable<TaskEffect> effects) : Figure
{
    // Above these numbers of tasks, tasks have no names, and only tasks at equal distances are drawn.
    private const int MostNames = 40, MostTasks = 240;

    private const int RowHeight = 18, AxisHeight = 40, HeightWithoutNames = 480;
    private const double LeastRowHeight = 2, MostRowHeight = 5; // without names
    private const double Normal = 1.96;

    private readonly TaskEffect[] _tasks = [.. effects.OrderByDescending(task => task.Difference)];

    public override string Name => $"effects {number}";

    public override string Title => $"{Display.Line(effect)}: difference of {Display.Count(_tasks.Length, "task")} from the population, with 95 % intervals, the largest first{(Drawn.Length < _tasks.Length ? $"; {Display.Count(Drawn.Length)} of them, evenly spaced, are drawn" : "")}";

    public override string Description =>
        $"{Title}. From {Display.Signed(_tasks[0].Difference)} ({Display.Line(_tasks[0].Task)}) to {Display.Signed(_tasks[^1].Difference)} ({Display.Line(_tasks[^1].Task)}); {Display.Count(_tasks.Count(IsDifferent))} intervals do not contain 0.";

    private TaskEffect[] Drawn => _tasks.Length <= MostTasks ? _tasks : [.. Enumerable.Range(0, MostTasks).Select(i => _tasks[(int)((long)i * (_tasks.Length - 1) / (MostTasks - 1))])];

    private bool HasNames => _tasks.Length <= MostNames;

    protected override int HeightAt(int width) => (int)((HasNames ? RowHeight : Math.Clamp((double)HeightWithoutNames / Drawn.Length, LeastRowHeight, MostRowHeight)) * Drawn.Length) + AxisHeight + 8;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        TaskEffect[] drawn = Drawn;
        double names = HasNames ? Math.Min(0.36 * area.Width, 8 + drawn.Max(task => ReportFont.Measure(Display.Line(task.Task), PlotCanvas.FontSize))) : 0;
        Area plot = area.Inside(left: names + 12, top: 8, right: 16, bottom: AxisHeight);
        var x = Scale.Of([0, .. drawn.SelectMany(task => new[] { task.Difference - HalfWidth(task), task.Difference + HalfWidth(task) })], plot.Left, plot.Right);
        plot.DrawHorizontalAxis(canvas, x, $"difference of {Display.Line(effect)}");
        canvas.Line(x[0], plot.Top, x[0], plot.Bottom, Palette.Muted, 1, [4, 4]);
        double height = plot.Height / drawn.Length;
        for (int i = 0; i < drawn.Length; i++)
        {
            TaskEffect task = drawn[i];
            double y = plot.Top + (i + 0.5) * height;
            string color = !IsDifferent(task) ? Palette.Muted : task.Difference > 0 ? Palette.MetaLearned : Palette.FromScratch;
            if (HasNames)
                canvas.Text(ReportFont.Shorten(Display.Line(task.Task), PlotCanvas.FontSize, names), plot.Left - 12, y, Palette.Ink, Anchor.End);
            canvas.Line(x[task.Difference - HalfWidth(task)], y, x[task.Difference + HalfWidth(task)], y, color, HasNames ? 2 : 1);
            canvas.Dot(x[task.Difference], y, color, HasNames ? 7 : 3);
        }
    }

    private static bool IsDifferent(TaskEffect task) => Math.Abs(task.Difference) > HalfWidth(task);

    // A model that keeps no deviations has no intervals.
    private static double HalfWidth(TaskEffect task) => double.IsNaN(task.StandardDeviation) ? 0 : Normal * task.StandardDeviation;
}
