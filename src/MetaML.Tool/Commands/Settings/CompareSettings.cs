using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>compare</c>.</summary>
internal sealed class CompareSettings : TrainingFileSettings
{
    [CommandOption("--time <SECONDS>")]
    [Description("The time limit of the comparison.")]
    [DefaultValue(60)]
    public int Seconds { get; init; }

    [CommandOption("--rows <NUMBERS>")]
    [Description("How many labelled rows a new task has: one number, or several such as 5,10,20. By default from the rows of the tasks.")]
    public string? Rows { get; init; }

    [CommandOption("--metric <METRIC>")]
    [Description("The metric, such as LogLoss, AreaUnderRocCurve, F1Score or MeanAbsoluteError. By default accuracy or RMSE; log-loss if one of two labels is rare.")]
    public TaskMetric? Metric { get; init; }

    [CommandOption("--report <FILE>")]
    [Description("Write a report as an HTML page.")]
    public string? Report { get; init; }

    /// <summary>The numbers of <see cref="Rows"/>.</summary>
    public int[]? SupportSizes => Rows is null ? null : Array.ConvertAll(Rows.Split(','), text => int.TryParse(text, out int size) ? size : 0);

    public override ValidationResult Validate() =>
        Seconds < 1 ? ValidationResult.Error($"--time must be at least 1 second; got {Seconds}.")
        : SupportSizes is { } sizes && (sizes.Any(size => size < 1) || sizes.Distinct().Count() < sizes.Length) ? ValidationResult.Error($"--rows must be different positive numbers, separated by commas; got '{Rows}'.")
        : ValidationResult.Success();
}
