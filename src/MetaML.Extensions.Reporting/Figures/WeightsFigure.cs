using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the weights of the training tasks over the outer steps of one run. If there are many tasks, it shows the distribution of the weights.</summary>
/// <param name="run">A run with a learning curve and task weights.</param>
internal sealed class WeightsFigure(RunDetail run) : Figure
{
    private const int MostLines = 8, AtEachEnd = 3, AxisHeight = 40, LineHeight = 16;

    private readonly LearningPoint[] _points = [.. run.LearningCurve.Where(point => point.TaskWeights.Count > 0)];

    public override string Name => "task weights";

    public override string Title => $"Task weights λ of {Display.Line(run.TrainerName)}";

    public override string Description
    {
        get
        {
            (string heaviest, double greatest) = Ranked()[^1];
            (string lightest, double least) = Ranked()[0];
            return $"{Title}. At the end the largest weight is {Display.Number(greatest)} ({Display.Line(heaviest)}), and the smallest is {Display.Number(least)} ({Display.Line(lightest)}). The mean is 1.";
        }
    }

    private bool ShowsDistribution => _points[^1].TaskWeights.Count > MostLines;

    /// <summary>Whether the weights of the tasks differ at any step of the run.</summary>
    public static bool HasDifferentWeights(RunDetail run) =>
        run.LearningCurve.Count(point => point.TaskWeights.Count > 0) > 1
        && run.LearningCurve.Any(point => point.TaskWeights.Count > 1 && point.TaskWeights.Values.Max() - point.TaskWeights.Values.Min() > 1e-6);

    protected override int HeightAt(int width) => width > 500 ? 320 : 270;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        (string Task, double Weight)[] ranked = Ranked();
        string[] named = ShowsDistribution ? [.. ranked.Take(AtEachEnd).Concat(ranked.TakeLast(AtEachEnd)).Select(task => task.Task)] : [.. ranked.Select(task => task.Task)];
        double room = Math.Min(0.32 * area.Width, 16 + named.Append("10–90 %").Max(task => ReportFont.Measure(Display.Line(task), PlotCanvas.FontSize)));
        double[] values = [.. _points.SelectMany(point => point.TaskWeights.Values)];
        Area plot = area.Inside(left: Area.RoomOfVerticalAxis(values), top: 12, right: room, bottom: AxisHeight);
        var y = Scale.Of(values, plot.Bottom, plot.Top);
        var x = new Scale(0, Math.Max(1, _points[^1].Iteration), plot.Left, plot.Right);
        plot.DrawVerticalAxis(canvas, y);
        plot.DrawHorizontalAxis(canvas, x, "outer steps", hasLines: false);

        double[] xs = [.. _points.Select(point => x[point.Iteration])];
        if (ShowsDistribution)
        {
            foreach ((double low, double high, double opacity) in new[] { (0.0, 1.0, 0.1), (0.1, 0.9, 0.2) })
                canvas.Band(xs, [.. _points.Select(point => y[Quantile(point, low)])], [.. _points.Select(point => y[Quantile(point, high)])], Palette.MetaLearned, opacity);
            canvas.Path(xs, [.. _points.Select(point => y[Quantile(point, 0.5)])], Palette.MetaLearned, 2);
        }

        foreach (string task in named)
        {
            LearningPoint[] weighted = [.. _points.Where(point => point.TaskWeights.ContainsKey(task))];
            canvas.Path([.. weighted.Select(point => x[point.Iteration])], [.. weighted.Select(point => y[point.TaskWeights[task]])], ShowsDistribution ? Palette.Muted : Color(ranked, task), ShowsDistribution ? 1 : 1.8);
        }

        (string Text, double Position, string Color)[] labels =
        [
            .. named.Select(task => (task, y[_points[^1].TaskWeights[task]], ShowsDistribution ? Palette.Muted : Color(ranked, task))),
            .. ShowsDistribution ? new[] { ("median", y[Quantile(_points[^1], 0.5)], Palette.MetaLearned) } : [],
        ];
        double[] positions = DirectLabels.Separate([.. labels.Select(label => label.Position)], LineHeight, plot.Top, plot.Bottom);
        for (int i = 0; i < labels.Length; i++)
            canvas.Text(ReportFont.Shorten(Display.Line(labels[i].Text), PlotCanvas.FontSize, room - 12), plot.Right + 8, positions[i], labels[i].Color);
    }

    private (string Task, double Weight)[] Ranked() => [.. _points[^1].TaskWeights.Select(weight => (weight.Key, weight.Value)).OrderBy(weight => weight.Value)];

    // Weights above the mean are blue, those below are orange. The labels identify the tasks.
    private static string Color((string Task, double Weight)[] ranked, string task) =>
        ranked.First(each => each.Task == task).Weight >= 1 ? Palette.MetaLearned : Palette.FromScratch;

    private static double Quantile(LearningPoint point, double share)
    {
        double[] weights = [.. point.TaskWeights.Values.Order()];
        return weights[(int)Math.Round(share * (weights.Length - 1))];
    }
}
