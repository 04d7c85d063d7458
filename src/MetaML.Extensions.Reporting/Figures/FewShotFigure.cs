using System.Globalization;
using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A plot of a metric against the number of support rows, with a line and an interval for each strategy.</summary>
/// <param name="evaluation">The evaluation of the strategies.</param>
/// <param name="unit">The unit of the support sizes.</param>
internal sealed class FewShotFigure(FewShotEvaluation evaluation, string unit) : Figure
{
    private const int AxisHeight = 40, LineHeight = 16;

    private readonly FewShotCurve[] _curves = [.. evaluation.Curves.Where(curve => curve.Points.Count > 0)];

    public override string Name => "few rows";

    public override string Title => $"{Display.Sentence(evaluation.Metric.DisplayName())} by {unit}: mean over tasks, 95 % interval";

    public override string Description =>
        $"{Title}. {string.Join("; ", _curves.Select(curve => $"{Display.Line(curve.Strategy)} {string.Join(", ", curve.Points.Select(point => $"{Display.Interval(Macro(point))} at {point.SupportSize}"))}"))}.";

    protected override int HeightAt(int width) => Math.Max(width > 500 ? 340 : 280, 60 + LineHeight * _curves.Length);

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        double room = Math.Min(0.42 * area.Width, 16 + _curves.Max(curve => ReportFont.Measure(Display.Line(curve.Strategy), PlotCanvas.FontSize)));
        double[] values = [.. _curves.SelectMany(curve => curve.Points).SelectMany(point => new[] { Macro(point).Mean, Macro(point).Lower, Macro(point).Upper })];
        Area plot = area.Inside(left: Area.RoomOfVerticalAxis(values), top: 12, right: room, bottom: AxisHeight);
        var y = Scale.Of(values, plot.Bottom, plot.Top);
        var x = new Scale(Math.Log(evaluation.SupportSizes[0]), Math.Log(evaluation.SupportSizes[^1]), plot.Left + 12, plot.Right - 8);

        plot.DrawVerticalAxis(canvas, y);
        double nextFree = double.NegativeInfinity;
        foreach (int size in evaluation.SupportSizes)
        {
            string label = size.ToString(CultureInfo.InvariantCulture);
            double half = ReportFont.Measure(label, PlotCanvas.FontSize) / 2;
            if (x[Math.Log(size)] - half < nextFree)
                continue;
            canvas.Text(label, x[Math.Log(size)], plot.Bottom + 12, Palette.Muted, Anchor.Middle);
            nextFree = x[Math.Log(size)] + half + 6;
        }

        plot.DrawName(canvas, unit);
        foreach (FewShotCurve curve in _curves)
        {
            FewShotPoint[] withInterval = [.. curve.Points.Where(point => double.IsFinite(Macro(point).HalfWidth))];
            if (withInterval.Length > 1)
                canvas.Band([.. withInterval.Select(X)], [.. withInterval.Select(point => y[Macro(point).Lower])], [.. withInterval.Select(point => y[Macro(point).Upper])], Palette.Of(curve.Kind), 0.12);
        }

        var ends = new List<double>();
        var kinds = new Dictionary<StrategyKind, int>();
        foreach (FewShotCurve curve in _curves)
        {
            int number = kinds.GetValueOrDefault(curve.Kind);
            kinds[curve.Kind] = number + 1;
            (Mark mark, float[] dashes) = Palette.Variant(number);
            FewShotPoint[] points = [.. curve.Points.Where(point => double.IsFinite(Macro(point).Mean))];
            canvas.Path([.. points.Select(X)], [.. points.Select(point => y[Macro(point).Mean])], Palette.Of(curve.Kind), 2, dashes);
            foreach (FewShotPoint point in points)
                canvas.Dot(X(point), y[Macro(point).Mean], Palette.Of(curve.Kind), 8, mark);
            ends.Add(points.Length > 0 ? y[Macro(points[^1]).Mean] : plot.Bottom);
        }

        double[] positions = DirectLabels.Separate(ends, LineHeight, plot.Top, plot.Bottom);
        for (int i = 0; i < _curves.Length; i++)
        {
            string color = Palette.Of(_curves[i].Kind);
            if (Math.Abs(positions[i] - ends[i]) > 4 && _curves[i].Points.Count == evaluation.SupportSizes.Count)
                canvas.Line(plot.Right - 4, ends[i], plot.Right + 10, positions[i], color, 0.7);
            canvas.Text(ReportFont.Shorten(Display.Line(_curves[i].Strategy), PlotCanvas.FontSize, room - 14), plot.Right + 13, positions[i], color);
        }

        double X(FewShotPoint point) => x[Math.Log(point.SupportSize)];
    }

    private MeanInterval Macro(FewShotPoint point) => point.Evaluation[evaluation.Metric].Macro;
}
