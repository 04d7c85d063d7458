using System.Globalization;
using Spectre.Console;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures this library and other methods in turn, so that other activity of the machine affects all methods equally.</summary>
/// <param name="name">The name of the benchmark.</param>
/// <param name="unit">The unit of the measured values.</param>
/// <param name="isHigherBetter">Whether higher values are better, as for rows per second. Otherwise lower values are better, as for microseconds.</param>
/// <param name="runs">Number of rounds that are counted.</param>
internal sealed class Race(string name, string unit, bool isHigherBetter = true, int runs = 7)
{
    private readonly Spectre.Console.Table _table = new Spectre.Console.Table()
        .Title($"{name}: {unit}, median (minimum – maximum) of {runs} runs; ratio: how many times better this library is")
        .AddColumns("setting", "method", unit, "ratio");

    /// <summary>Runs each method once to warm up and then in turn, and prints a line for other programs.</summary>
    /// <param name="setting">The name of the setting.</param>
    /// <param name="subject">This library.</param>
    /// <param name="others">The other methods. The ratio of a method is how many times better this library is: the median over the rounds.</param>
    public void Run(string setting, Contender subject, params Contender[] others)
    {
        Contender[] all = [subject, .. others];
        double[][] values = [.. all.Select(_ => new double[runs])];
        for (int round = -1; round < runs; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                GC.Collect(); // the garbage of one method must not slow down the next
                GC.WaitForPendingFinalizers();
                double value = all[i].Run();
                if (round >= 0)
                    values[i][round] = value;
            }
        }

        double[] ratios = [.. values.Select(other => Median(values[0].Zip(other, (a, b) => isHigherBetter ? a / b : b / a)))];
        for (int i = 0; i < all.Length; i++)
            _table.AddRow(i == 0 ? Markup.Escape(setting) : "", Markup.Escape(all[i].Name), $"{Text(Median(values[i]))} ({Text(values[i].Min())} – {Text(values[i].Max())})", i == 0 ? "" : Text(ratios[i]));
        Result.Print(new
        {
            speed = name,
            setting,
            value = Rounded(Median(values[0])),
            unit,
            ratios = all.Index().Skip(1).ToDictionary(other => other.Item.Name, other => Rounded(ratios[other.Index])),
        });
    }

    /// <summary>Prints the description of the machine and a table of all settings.</summary>
    public void Print()
    {
        Console.WriteLine(Machine.Description);
        AnsiConsole.Write(_table);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Rounded(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Text(double value) => Rounded(value).ToString("#,0.####", CultureInfo.InvariantCulture);
}
