using MetaML.Extensions.Reporting.Content;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Losses over the outer steps of one run.</summary>
/// <param name="run">A run with a learning curve.</param>
internal sealed class LearningFigure(RunDetail run) : Figure
{
    private const int AxisHeight = 40, LineHeight = 16;

    private readonly (string Name, string Color, double Width, LearningPoint[] Points, Func<LearningPoint, double> Loss)[] _lines =
    [
        ("training", Palette.Muted, 1.2, [.. run.LearningCurve.Where(point => double.IsFinite(point.TrainingLoss))], point => point.TrainingLoss),
        ("validation", Palette.MetaLearned, 2.2, [.. run.LearningCurve.Where(point => point.ValidationLoss is { } loss && double.IsFinite(loss))], point => point.ValidationLoss!.Value),
    ];

    public override string Name => $"learning of {FileName(run.TrainerName)}";

    public override string Title => $"Loss of {Display.Line(run.TrainerName)}";

    public override string Description =>
        $"{Title}. {string.Join("; ", _lines.Where(line => line.Points.Length > 0).Select(line => $"{line.Name}: from {Display.Number(line.Loss(line.Points[0]))} to {Display.Number(line.Loss(line.Points[^1]))} at outer step {Display.Count(line.Points[^1].Iteration)}"))}.";

    public override bool IsHalf => true;

    protected override int HeightAt(int width) => 220;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        Area plot = area.Inside(left: 44, top: 12, right: 68, bottom: AxisHeight);
        var shown = _lines.Where(line => line.Points.Length > 0).ToArray();
        var y = Scale.Of(shown.SelectMany(line => line.Points.Select(line.Loss)), plot.Bottom, plot.Top);
        var x = new Scale(0, Math.Max(1, run.LearningCurve[^1].Iteration), plot.Left, plot.Right);
        plot.DrawVerticalAxis(canvas, y);
        plot.DrawHorizontalAxis(canvas, x, "outer steps", hasLines: false);
        foreach (var line in shown)
            canvas.Path([.. line.Points.Select(point => x[point.Iteration])], [.. line.Points.Select(point => y[line.Loss(point)])], line.Color, line.Width);
        double[] places = DirectLabels.Spread([.. shown.Select(line => y[line.Loss(line.Points[^1])])], LineHeight, plot.Top, plot.Bottom);
        for (int i = 0; i < shown.Length; i++)
            canvas.Text(shown[i].Name, plot.Right + 6, places[i], shown[i].Color);
    }

    private static string FileName(string strategy)
    {
        string name = string.Concat(Display.Line(strategy).Select(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' ? letter : '_'));
        return name.Length <= 60 ? name : name[..60];
    }
}
