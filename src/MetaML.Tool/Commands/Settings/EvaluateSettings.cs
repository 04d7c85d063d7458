using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>evaluate</c>.</summary>
internal sealed class EvaluateSettings : ModelSettings
{
    [CommandOption("--adapt <ROWS>")]
    [Description("First learn each task of the file from this number of its rows, and predict its other rows.")]
    public int? SupportSize { get; init; }

    [CommandOption("--seed <NUMBER>")]
    [Description("The seed of the draw of --adapt.")]
    [DefaultValue(1)]
    public int Seed { get; init; }

    [CommandOption("--report <FILE>")]
    [Description("Write a report as an HTML page.")]
    public string? Report { get; init; }

    public override ValidationResult Validate() => SupportSize < 1 ? ValidationResult.Error($"--adapt must be at least 1 row; got {SupportSize}.") : ValidationResult.Success();
}
