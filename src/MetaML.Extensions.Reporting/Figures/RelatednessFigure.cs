using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A heat map of the relatedness of tasks. The tasks are ordered by clustering. If there are many tasks, each row and column is a cluster.</summary>
/// <param name="matrix">The values.</param>
internal sealed class RelatednessFigure(RelatednessMatrix matrix) : Figure
{
    private const int MostRows = 30, Shades = 8, LegendHeight = 44;

    private readonly List<int[]> _rows = new ClusterOrder(matrix.Values).Cut(Math.Min(MostRows, matrix.Tasks.Count));

    private bool IsGrouped => _rows.Count < matrix.Tasks.Count;

    public override string Name => "relatedness";

    public override string Title => IsGrouped
        ? $"{Display.Sentence(Display.Line(matrix.Name))} of {Display.Count(matrix.Tasks.Count, "task")} in {Display.Count(_rows.Count)} clusters: means over pairs of tasks"
        : $"{Display.Sentence(Display.Line(matrix.Name))}: from the task of the row to the task of the column, in the same order";

    public override string Description
    {
        get
        {
            int[] all = [.. Enumerable.Range(0, matrix.Tasks.Count)];
            IEnumerable<(int From, int To, double Value)> pairs = Pairs(all, all);
            (int From, int To, double Value) most = pairs.MaxBy(pair => pair.Value), least = pairs.MinBy(pair => pair.Value);
            return $"{Title}. {Name(most)} is the largest, {Display.Signed(most.Value)}; {Name(least)} is the smallest, {Display.Signed(least.Value)}.";
            string Name((int From, int To, double Value) pair) => $"{Display.Line(matrix.Tasks[pair.From])} to {Display.Line(matrix.Tasks[pair.To])}";
        }
    }

    protected override int HeightAt(int width) => (int)(RowHeight * _rows.Count) + LegendHeight + 8;

    private double RowHeight => _rows.Count > 18 ? 16 : 20;

    protected override void Draw(PlotCanvas canvas, Area area)
    {
        double size = RowHeight < 18 ? PlotCanvas.FontSize - 1 : PlotCanvas.FontSize;
        string[] labels = [.. _rows.Select(Label)];
        double room = Math.Min(0.36 * area.Width, 8 + labels.Max(label => ReportFont.Measure(label, size)));
        double cell = Math.Min((area.Width - room - 12) / _rows.Count, 1.6 * RowHeight);
        Area plot = new(area.Left + room + 12, area.Top + 4, cell * _rows.Count, RowHeight * _rows.Count);

        double?[][] means = [.. _rows.Select(sources => _rows.Select(targets => Mean(sources, targets)).ToArray())];
        double greatest = means.SelectMany(row => row).Max(value => Math.Abs(value ?? 0));
        var cells = from row in Enumerable.Range(0, _rows.Count)
                    from column in Enumerable.Range(0, _rows.Count)
                    let value = means[row][column]
                    where value is not null
                    let shade = greatest > 0 ? (int)Math.Round(Shades * value.Value / greatest) : 0
                    where shade != 0
                    orderby shade
                    select (row, column, shade);
        foreach ((int row, int column, int shade) in cells)
            Shade(canvas, plot.Left + column * cell, plot.Top + row * RowHeight, cell - 1, RowHeight - 1, shade);
        for (int i = 0; i < _rows.Count; i++)
        {
            canvas.Text(ReportFont.Shorten(labels[i], size, room), plot.Left - 8, plot.Top + (i + 0.5) * RowHeight, Palette.Ink, Anchor.End, size);
            if (means[i][i] is null) // a task does not help itself
                canvas.Dot(plot.Left + (i + 0.5) * cell, plot.Top + (i + 0.5) * RowHeight, Palette.Grid, 4);
        }

        DrawLegend(canvas, area, plot, greatest);
    }

    private static void DrawLegend(PlotCanvas canvas, Area area, Area plot, double greatest)
    {
        const double Step = 7;
        string least = $"harms {Display.Number(-greatest)}", most = $"{Display.Signed(greatest)} helps";
        double width = ReportFont.Measure(least, PlotCanvas.FontSize) + (2 * Shades + 1) * Step + ReportFont.Measure(most, PlotCanvas.FontSize) + 20;
        double left = Math.Max(area.Left, Math.Min(plot.Left, area.Right - width)), y = plot.Bottom + 26;
        double start = left + ReportFont.Measure(least, PlotCanvas.FontSize) + 8;
        canvas.Text(least, left, y, Palette.FromScratch);
        for (int shade = -Shades; shade <= Shades; shade++)
        {
            if (shade != 0)
                Shade(canvas, start + (shade + Shades) * Step, y - 6, Step - 1, 12, shade);
        }

        canvas.Text(most, start + (2 * Shades + 1) * Step + 8, y, Palette.MetaLearned);
    }

    private static void Shade(PlotCanvas canvas, double x, double y, double width, double height, int shade) =>
        canvas.Box(x, y, width, height, shade > 0 ? Palette.MetaLearned : Palette.FromScratch, 0.95 * Math.Abs(shade) / Shades);

    private string Label(int[] cluster) => Display.Line(matrix.Tasks[cluster[0]]) + (cluster.Length > 1 ? $" +{Display.Count(cluster.Length - 1)}" : "");

    private double? Mean(int[] sources, int[] targets)
    {
        double[] values = [.. Pairs(sources, targets).Select(pair => pair.Value)];
        return values.Length > 0 ? values.Average() : null;
    }

    private IEnumerable<(int From, int To, double Value)> Pairs(int[] sources, int[] targets) =>
        from source in sources
        from target in targets
        where source != target && double.IsFinite(matrix.Values[source][target])
        select (source, target, matrix.Values[source][target]);
}
