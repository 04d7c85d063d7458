using System.Diagnostics;
using System.Globalization;
using MetaML;
using Spectre.Console;

namespace Compare;

/// <summary>Shows each run at its end, in a growing table. If output is redirected, it prints lines instead.</summary>
internal sealed class RunTable : IProgress<RunDetail>
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Table _table = new Table().AddColumns("strategy", "maximum steps", "RMSE, 95 %", "seconds", "MiB");
    private LiveDisplayContext? _live;

    /// <summary>Runs an experiment and shows its runs.</summary>
    public static ExperimentResult Show(Func<IProgress<RunDetail>, ExperimentResult> execute)
    {
        var runs = new RunTable();
        if (!AnsiConsole.Profile.Capabilities.Interactive)
            return execute(runs);
        return AnsiConsole.Live(runs._table).Start(live =>
        {
            runs._live = live;
            return execute(runs);
        });
    }

    void IProgress<RunDetail>.Report(RunDetail run)
    {
        string[] cells =
        [
            run.TrainerName + (run.ValidationFolds > 1 ? $", judged on {run.ValidationMetrics!.Tasks.Count} stores" : ""), run.MaximumNumberOfIterations?.ToString(CultureInfo.InvariantCulture) ?? "", run.Score?.ToString() ?? "failed",
            run.RuntimeInSeconds.ToString("F1", CultureInfo.InvariantCulture), (run.PeakMemory.ProcessBytes >> 20).ToString(CultureInfo.InvariantCulture),
        ];
        if (_live is null)
        {
            Console.WriteLine($"{cells[3],6} s  {cells[4],5} MiB  RMSE {cells[2],-16}  {cells[0]}{(cells[1].Length > 0 ? $", at most {cells[1]} steps" : "")}");
            return;
        }

        _table.AddRow(Array.ConvertAll(cells, Markup.Escape)).Caption($"{_clock.Elapsed.TotalSeconds:F0} s; RMSE on stores without training data");
        _live.Refresh();
    }
}
