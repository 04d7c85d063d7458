using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the sorted values of all tasks, the best first. It shows their distribution for any number of tasks.</summary>
internal sealed class RankedFigure : Figure
{
    private const int AxisHeight = 40, MostPoints = 200, MostDots = 60;

    private readonly string _value;
    private readonly double _baseline;
    private readonly double[] _bestFirst;

    private RankedFigure(string name, string title, string value, double baseline, IEnumerable<double> bestFirst)
    {
        Name = name;
        Title = title;
        _value = value;
        _baseline = baseline;
        _bestFirst = [.. bestFirst];
    }

    public override string Name { get; }

    public override string Title { get; }

    public override string Description =>
        $"{Title}. {_value}: best {Display.Number(_bestFirst[0])}, upper quartile {Display.Number(Quantile(0.25))}, median {Display.Number(Quantile(0.5))}, lower quartile {Display.Number(Quantile(0.75))}, worst {Display.Number(_bestFirst[^1])}.";

    /// <summary>A plot of the gains of a comparison, with a line at zero.</summary>
    public static RankedFigure OfGains(PairedComparison comparison) => new(
        "gains",
        $"Gain in {comparison.Metric.DisplayName()} of all {Display.Count(comparison.Tasks.Count, "task")}, the largest first",
        $"gain of ‘{Display.Line(comparison.Strategy)}’",
        0,
        comparison.Tasks.Select(task => task.Gain).OrderDescending());

    /// <summary>A plot of a metric of each task, with a line at the mean.</summary>
    public static RankedFigure OfTasks(TaskMetric metric, TaskEvaluation evaluation)
    {
        double[] values = [.. evaluation.Tasks.Select(task => task[metric]).Where(double.IsFinite).Order()];
        if (metric.IsHigherBetter())
            Array.Reverse(values);
        return new RankedFigure("tasks", $"{Display.Sentence(metric.DisplayName())} of all {Display.Count(values.Length, "task")}, the best first; the line is their mean", metric.DisplayName(), evaluation[metric].Macro.Mean, values);
    }

    protected override int HeightAt(int width) => width > 500 ? 260 : 230;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        Area plot = area.Inside(left: Area.RoomOfVerticalAxis([.. _bestFirst, _baseline]), top: 12, right: 12, bottom: AxisHeight);
        var y = Scale.Of([.. _bestFirst, _baseline], plot.Bottom, plot.Top);
        var x = new Scale(0, _bestFirst.Length, plot.Left, plot.Right);
        plot.DrawVerticalAxis(canvas, y);
        int points = Math.Min(MostPoints, _bestFirst.Length);
        double[] shares = [.. Enumerable.Range(0, points).Select(i => points == 1 ? 0 : (double)i / (points - 1))];
        double[] xs = [.. shares.Select(share => x[share * (_bestFirst.Length - 1) + 0.5])];
        foreach ((string color, Func<double, double, double> clip) in new (string, Func<double, double, double>)[] { (Palette.MetaLearned, Math.Max), (Palette.FromScratch, Math.Min) })
            canvas.Band(xs, [.. shares.Select(_ => y[_baseline])], [.. shares.Select(share => y[clip(Quantile(share), _baseline)])], color, 0.18);
        canvas.Line(plot.Left, y[_baseline], plot.Right, y[_baseline], Palette.Muted);
        canvas.Path(xs, [.. shares.Select(share => y[Quantile(share)])], Palette.Ink, 1.5);
        if (_bestFirst.Length <= MostDots)
        {
            for (int i = 0; i < _bestFirst.Length; i++)
                canvas.Dot(x[i + 0.5], y[_bestFirst[i]], Palette.Ink, 5);
        }

        foreach (double share in new[] { 0.25, 0.5, 0.75 })
        {
            canvas.Line(x[share * _bestFirst.Length], plot.Top, x[share * _bestFirst.Length], plot.Bottom, Palette.Grid, 1, [4, 4]);
            canvas.Text($"{100 * share:F0} %", x[share * _bestFirst.Length], plot.Bottom + 12, Palette.Muted, Anchor.Middle);
        }

        plot.DrawName(canvas, "share of the tasks");
    }

    // Interpolates linearly between two tasks.
    private double Quantile(double share)
    {
        double index = share * (_bestFirst.Length - 1);
        int low = (int)Math.Floor(index), high = Math.Min(low + 1, _bestFirst.Length - 1);
        return _bestFirst[low] + (index - low) * (_bestFirst[high] - _bestFirst[low]);
    }
}
