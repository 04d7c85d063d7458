using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the losses over the outer steps of one run. The training loss varies with the tasks of a step, so that its moving mean is also drawn.</summary>
/// <param name="run">A run with a learning curve.</param>
internal sealed class LearningFigure(RunDetail run) : Figure
{
    private const int AxisHeight = 40, LineHeight = 16, PointsOfMean = 21;

    private readonly Line[] _lines =
    [
        .. new[]
        {
            Line.Of("training", Palette.Muted, 1.6, run.LearningCurve, point => point.TrainingLoss),
            Line.Of("validation", Palette.MetaLearned, 2.2, run.LearningCurve, point => point.ValidationLoss ?? double.NaN),
        }.Where(line => line.Losses.Length > 0),
    ];

    public override string Name => $"learning of {FileName(run.TrainerName)}";

    public override string Title => $"Loss of {Display.Line(run.TrainerName)}";

    public override string Description =>
        $"{Title}. {string.Join("; ", _lines.Select(line => $"{line.Name}: from {Display.Number(line.Losses[0])} to {Display.Number(line.Losses[^1])} at outer step {Display.Count(line.Steps[^1])}"))}.";

    public override bool IsHalf => true;

    protected override int HeightAt(int width) => 220;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        double[] values = [.. _lines.SelectMany(line => line.Losses)];
        Area plot = area.Inside(left: Area.RoomOfVerticalAxis(values), top: 12, right: 68, bottom: AxisHeight);
        var y = Scale.Of(values, plot.Bottom, plot.Top);
        var x = new Scale(0, Math.Max(1, run.LearningCurve[^1].Iteration), plot.Left, plot.Right);
        plot.DrawVerticalAxis(canvas, y);
        plot.DrawHorizontalAxis(canvas, x, "outer steps", hasLines: false);
        double[][] shown = [.. _lines.Select(line => line.Name == "training" ? MovingMean(line.Losses) : line.Losses)];
        for (int i = 0; i < _lines.Length; i++)
        {
            double[] xs = [.. _lines[i].Steps.Select(step => x[step])];
            if (shown[i] != _lines[i].Losses)
                canvas.Path(xs, [.. _lines[i].Losses.Select(loss => y[loss])], Palette.Grid, 1);
            canvas.Path(xs, [.. shown[i].Select(loss => y[loss])], _lines[i].Color, _lines[i].Width);
        }

        double[] positions = DirectLabels.Separate([.. shown.Select(losses => y[losses[^1]])], LineHeight, plot.Top, plot.Bottom);
        for (int i = 0; i < _lines.Length; i++)
            canvas.Text(_lines[i].Name, plot.Right + 6, positions[i], _lines[i].Color);
    }

    // The mean over a window around each point. At both ends the window is shorter.
    private static double[] MovingMean(double[] losses)
    {
        int halfWindow = Math.Min(PointsOfMean, losses.Length / 4) / 2;
        return [.. losses.Select((_, i) => losses[Math.Max(0, i - halfWindow)..Math.Min(losses.Length, i + halfWindow + 1)].Average())];
    }

    private static string FileName(string strategy)
    {
        string name = string.Concat(Display.Line(strategy).Select(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' ? letter : '_'));
        return name.Length <= 60 ? name : name[..60];
    }

    private sealed record Line(string Name, string Color, double Width, int[] Steps, double[] Losses)
    {
        public static Line Of(string name, string color, double width, IReadOnlyList<LearningPoint> curve, Func<LearningPoint, double> loss)
        {
            LearningPoint[] points = [.. curve.Where(point => double.IsFinite(loss(point)))];
            return new Line(name, color, width, [.. points.Select(point => point.Iteration)], [.. points.Select(loss)]);
        }
    }
}
