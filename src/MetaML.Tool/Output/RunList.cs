using Spectre.Console;

namespace MetaML.Tool.Output;

/// <summary>Shows each run of an experiment when it ends: in a growing table, or as lines.</summary>
internal sealed class RunList(Screen screen) : IProgress<RunDetail>
{
    private readonly Table _table = new Table { Border = TableBorder.Rounded }.AddColumns("strategy", "score, 95 %", "seconds");
    private LiveDisplayContext? _live;

    /// <summary>Runs an experiment and shows its runs.</summary>
    public static ExperimentResult Show(Screen screen, string title, Func<IProgress<RunDetail>, ExperimentResult> execute)
    {
        var runs = new RunList(screen);
        screen.Note(title);
        if (!screen.IsLive)
            return execute(runs);
        return screen.Progress.Live(runs._table).Start(live =>
        {
            runs._live = live;
            return execute(runs);
        });
    }

    public void Report(RunDetail value)
    {
        string name = (value.MaximumNumberOfIterations is { } steps ? NumberText.Text($"{value.TrainerName}, at most {steps:N0} steps") : value.TrainerName)
            + (value.ValidationFolds > 1 ? $", judged on {value.ValidationMetrics!.Tasks.Count} tasks" : "");
        string score = value.Score is { } known ? NumberText.Of(known) : "failed";
        string seconds = NumberText.Text($"{value.RuntimeInSeconds:F1}");
        if (_live is null)
        {
            screen.Note($"  {value.Metric.DisplayName()} {score,-18}  {seconds,6} s  {name}{(value.Exception is { } error ? $": {error.Message}" : "")}");
            return;
        }

        _table.AddRow(Markup.Escape(name), Markup.Escape(score), seconds);
        _live.Refresh();
    }
}
