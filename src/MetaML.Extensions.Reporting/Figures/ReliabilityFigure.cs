using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of the observed frequencies against the predicted probabilities. Calibrated probabilities lie on the diagonal. The area of a mark is the share of the rows.</summary>
/// <param name="reliability">The reliability of predictions.</param>
internal sealed class ReliabilityFigure(Reliability reliability) : Figure
{
    private const double SmallestMark = 4, LargestMark = 18;

    private readonly ReliabilityBin[] _bins = [.. reliability.Bins.Where(bin => bin.RowCount > 0)];

    public override string Name => "reliability";

    public override string Title => "Reliability of probabilities";

    public override string Description =>
        $"{Title}. Expected calibration error {Display.Number(reliability.ExpectedCalibrationError)}. {string.Join("; ", _bins.Select(bin => $"predicted {Display.Number(bin.MeanProbability)}, observed {Display.Number(bin.Frequency)}, {Display.Count(bin.RowCount, "row")}"))}.";

    public override bool IsHalf => true;

    protected override int HeightAt(int width) => 320;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        Area plot = area.Inside(left: 44, top: 26, right: 16, bottom: 40);
        var x = new Scale(0, 1, plot.Left, plot.Right);
        var y = new Scale(0, 1, plot.Bottom, plot.Top);
        canvas.Text("observed share", plot.Left, area.Top + 10, Palette.Muted);
        plot.DrawVerticalAxis(canvas, y, maximumTicks: 6);
        plot.DrawHorizontalAxis(canvas, x, "predicted probability");
        canvas.Line(x[0], y[0], x[1], y[1], Palette.Muted, dashes: [4, 4]);
        canvas.Path([.. _bins.Select(bin => x[bin.MeanProbability])], [.. _bins.Select(bin => y[bin.Frequency])], Palette.MetaLearned);
        long most = _bins.Max(bin => bin.RowCount);
        foreach (ReliabilityBin bin in _bins)
            canvas.Dot(x[bin.MeanProbability], y[bin.Frequency], Palette.MetaLearned, Math.Max(SmallestMark, LargestMark * Math.Sqrt((double)bin.RowCount / most)));
    }
}
