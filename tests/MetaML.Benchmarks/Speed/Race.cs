using System.Globalization;
using Spectre.Console;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures this library beside what it is compared with, in turns, so that whatever else the machine does falls on all of them alike.</summary>
/// <param name="name">The benchmark.</param>
/// <param name="unit">What is measured.</param>
/// <param name="isHigherBetter">Whether more is better, as of rows per second; less is, as of microseconds.</param>
/// <param name="runs">How many rounds are counted.</param>
internal sealed class Race(string name, string unit, bool isHigherBetter = true, int runs = 7)
{
    private readonly Spectre.Console.Table _table = new Spectre.Console.Table()
        .Title($"{name}: {unit}, median (least – most) of {runs} runs")
        .AddColumns("setting", "way", unit, "times as good");

    /// <summary>Runs each contender once to warm up and then in turns; prints the line that programs read.</summary>
    /// <param name="setting">What is measured.</param>
    /// <param name="own">This library.</param>
    /// <param name="others">What it is compared with: a ratio is how many times better this library is, the median over the rounds.</param>
    public void Run(string setting, Contender own, params Contender[] others)
    {
        Contender[] all = [own, .. others];
        double[][] values = [.. all.Select(_ => new double[runs])];
        for (int round = -1; round < runs; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                GC.Collect(); // nobody pays for another's garbage
                GC.WaitForPendingFinalizers();
                double value = all[i].Run();
                if (round >= 0)
                    values[i][round] = value;
            }
        }

        double[] ratios = [.. values.Select(theirs => Median(values[0].Zip(theirs, (a, b) => isHigherBetter ? a / b : b / a)))];
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

    /// <summary>Prints all settings as a table, below what the figures were measured on.</summary>
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
