using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>The results of methods in several settings. It is printed as a table, and as a line for other programs.</summary>
/// <param name="name">The data set.</param>
/// <param name="metric">The name of the metric.</param>
/// <param name="isHigherBetter">Whether the best value is the highest.</param>
internal sealed class Table(string name, string metric, bool isHigherBetter = false)
{
    private readonly List<(string Method, string Setting, MeanInterval Value)> _rows = [];

    /// <summary>Adds the results of one method in one setting.</summary>
    /// <param name="method">The method.</param>
    /// <param name="setting">The setting. The first setting that is added decides which method is "best".</param>
    /// <param name="values">One value for each draw or split.</param>
    /// <exception cref="ArgumentException">A value is NaN. The mean would ignore it.</exception>
    public void Add(string method, string setting, IEnumerable<double> values)
    {
        double[] all = [.. values];
        if (all.Any(double.IsNaN))
            throw new ArgumentException($"The values of '{method}', {setting}, must be numbers; got NaN.", nameof(values));
        _rows.Add((method, setting, MeanInterval.Of(all)));
    }

    /// <summary>Prints the table and the line.</summary>
    public void Print(double seconds)
    {
        string[] settings = [.. _rows.Select(row => row.Setting).Distinct()];
        var table = new Spectre.Console.Table().Title($"{name}: {metric}, mean ± 95 % interval").AddColumns(["method", .. settings]);
        foreach (var method in _rows.GroupBy(row => row.Method))
            table.AddRow([Markup.Escape(method.Key), .. settings.Select(setting => string.Join("", method.Where(row => row.Setting == setting).Select(row => Text(row.Value))))]);
        AnsiConsole.Write(table);
        var best = _rows.Where(row => row.Setting == settings[0]).MinBy(row => isHigherBetter ? -row.Value.Mean : row.Value.Mean);
        Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
        {
            quality = name,
            metric,
            best = new { method = best.Method, value = Math.Round(best.Value.Mean, 6) },
            rows = _rows.Select(row => new { method = row.Method, setting = row.Setting, value = Math.Round(row.Value.Mean, 6), ci = Math.Round(row.Value.HalfWidth, 6) }),
            seconds = Math.Round(seconds, 1),
        }));
    }

    private static string Text(MeanInterval value) => Math.Abs(value.Mean) < 0.01
        ? string.Create(CultureInfo.InvariantCulture, $"{value.Mean:G2} ± {value.HalfWidth:G1}")
        : value.ToString();
}
