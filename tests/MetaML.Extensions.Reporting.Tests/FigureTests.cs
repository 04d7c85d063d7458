using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using MetaML;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Figures.Canvas;
using MetaML.Extensions.Reporting.Text;
using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

public class FigureTests
{
    [Theory]
    [InlineData(0.93412, "0.934")]
    [InlineData(-0.5, "−0.500")]
    [InlineData(0, "0.000")]
    [InlineData(12.345, "12.35")]
    [InlineData(1234567.8, "1,234,568")]
    [InlineData(0.00012345, "0.00012")]
    [InlineData(double.NaN, "–")]
    public void Number_Magnitude_DecidesDecimals(double value, string expected) => Assert.Equal(expected, Display.Number(value));

    [Theory]
    [InlineData(0.00000045, "0.45 µs")]
    [InlineData(0.0321, "32 ms")]
    [InlineData(94.6, "94.6 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7290, "2 h 1 min")]
    public void Seconds_Duration_IsReadable(double seconds, string expected) => Assert.Equal(expected, Display.Seconds(seconds));

    [Theory]
    [InlineData(0.612, 0.948, 5, new[] { "0.70", "0.80", "0.90" })]
    [InlineData(-1, 1, 5, new[] { "−1.0", "−0.5", "0.0", "0.5", "1.0" })]
    [InlineData(0, 800, 5, new[] { "0", "200", "400", "600", "800" })]
    public void Ticks_Range_AreRound(double from, double to, int most, string[] expected)
    {
        string[] labels = [.. new Scale(from, to, 0, 100).Ticks(most).Select(tick => tick.Label)];
        Assert.Equal(expected.Select(Parse), labels.Select(Parse));
        Assert.InRange(labels.Length, 2, most);

        static double Parse(string label) => double.Parse(label.Replace('−', '-'), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Scale_OneValueOrNone_StaysFinite()
    {
        Assert.Equal(50, Scale.Of([3, 3, double.NaN], 0, 100)[3], 9);
        Assert.True(double.IsFinite(Scale.Of([], 0, 100)[0.5]));
    }

    [Fact]
    public void Separate_CrowdedPositions_KeepsOrderAndDistance()
    {
        double[] positions = DirectLabels.Separate([50, 52, 51, 10, 99], 16, 0, 100);
        Assert.Equal(new[] { 3, 0, 2, 1, 4 }, Enumerable.Range(0, 5).OrderBy(i => positions[i]));
        double[] sorted = [.. positions.Order()];
        Assert.All(sorted.Zip(sorted.Skip(1), (a, b) => b - a), gap => Assert.True(gap >= 16 - 1e-9));
        Assert.InRange(sorted[^1], 0, 100);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(9, 2)]
    [InlineData(14, 3)]
    public void ClusterOrder_MatchesPlainAverageLinkage(int count, int seed)
    {
        var random = new Random(seed);
        double[][] values = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, count).Select(_ => random.NextDouble()).ToArray())];
        var clusters = new ClusterOrder(values);
        Assert.Equal(Enumerable.Range(0, count), clusters.Order.Order());
        List<int[]> plain = [.. Enumerable.Range(0, count).Select(i => new[] { i })];
        for (int left = count; left >= 1; left--)
        {
            Assert.Equal(Sorted(plain), Sorted(clusters.Cut(left)));
            Assert.Equal(clusters.Order, clusters.Cut(left).SelectMany(cluster => cluster));
            if (left == 1)
                break;
            (int a, int b) = (from i in Enumerable.Range(0, left) from j in Enumerable.Range(0, i) select (i, j))
                .MaxBy(pair => plain[pair.i].Average(i => plain[pair.j].Average(j => values[i][j] + values[j][i])));
            int[] merged = [.. plain[a], .. plain[b]];
            plain = [.. plain.Where((_, i) => i != a && i != b), merged];
        }

        static IEnumerable<string> Sorted(List<int[]> clusters) => clusters.Select(cluster => string.Join(' ', cluster.Order())).Order();
    }

    [Fact]
    public void Colors_OfText_HaveEnoughContrast()
    {
        Assert.Equal(Palette.Colors.Length, Palette.Colors.Select(color => color.Light).Distinct().Count());
        foreach (Func<(string Name, string Light, string Dark), string> theme in new Func<(string Name, string Light, string Dark), string>[] { color => color.Light, color => color.Dark })
        {
            Dictionary<string, double> luminance = Palette.Colors.ToDictionary(color => color.Name, color => Luminance(theme(color)));
            foreach (string text in new[] { "ink", "muted", "meta", "scratch", "pooled", "joint" })
                Assert.All(["surface", "page"], background => Assert.True(Contrast(luminance[text], luminance[background]) >= 4.5, $"{text} on {background}: {Contrast(luminance[text], luminance[background]):F2}"));
            Assert.True(Contrast(luminance["ink"], luminance["tint"]) >= 4.5);
        }

        static double Contrast(double a, double b) => (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);

        // WCAG 2.1, relative luminance.
        static double Luminance(string hex)
        {
            double[] linear = [.. new[] { 1, 3, 5 }.Select(offset => Convert.ToInt32(hex.Substring(offset, 2), 16) / 255.0).Select(share => share <= 0.03928 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4))];
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e5)] // prices, for example
    [InlineData(1e8)]
    public void ToSvg_LargeNumbers_ArePlacedInsideThePlot(double unit)
    {
        TaskComparison[] tasks = [.. Enumerable.Range(1, 6).Select(i => new TaskComparison($"task {i}", 1.2 * i * unit, 0.4 * i * unit, 0.8 * i * unit))];
        var comparison = new PairedComparison { Strategy = "across", Baseline = "alone", Metric = TaskMetric.RootMeanSquaredError, Tasks = tasks };
        var score = new StrategyScore("across", StrategyKind.MetaLearned, new MeanInterval(1.1 * unit, 0.3 * unit, 6));
        foreach (Figure figure in new Figure[] { new DumbbellFigure(comparison), RankedFigure.OfGains(comparison), new ScoresFigure("RMSE", "tasks", [score, score with { Strategy = "alone" }], "across") })
        {
            foreach (string svg in figure.ToSvg())
            {
                double width = double.Parse(Regex.Match(svg, "viewBox=\"0 0 ([0-9.]+) ").Groups[1].Value, CultureInfo.InvariantCulture);
                Assert.All(Regex.Matches(svg, "<text x=\"([-0-9.]+)\"[^>]*text-anchor=\"(\\w+)\"[^>]*>([^<]*)<"), label =>
                {
                    double x = double.Parse(label.Groups[1].Value, CultureInfo.InvariantCulture), room = ReportFont.Measure(WebUtility.HtmlDecode(label.Groups[3].Value), PlotCanvas.FontSize);
                    double left = x - room * label.Groups[2].Value switch { "start" => 0, "middle" => 0.5, _ => 1 };
                    Assert.True(left >= -1 && left + room <= width + 1, $"{figure.Name}: '{label.Groups[3].Value}' from {left:F0} to {left + room:F0} of {width}");
                });
            }
        }
    }

    [Fact]
    public void ToSvg_FollowsThePageAndHasNoIdentifiers()
    {
        string svg = string.Concat(new DumbbellFigure(SomeResults.Experiment().Transfer!).ToSvg());
        Assert.Contains("var(--meta)", svg);
        Assert.Contains("var(--scratch)", svg);
        Assert.DoesNotContain("=\"#", svg); // all colours are variables of the page
        Assert.DoesNotContain(" id=", svg);
        Assert.DoesNotContain("font-family", svg);
        Assert.Contains(">clinic 1</text>", svg);
    }
}
