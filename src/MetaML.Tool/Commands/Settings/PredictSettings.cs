using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>predict</c>.</summary>
internal sealed class PredictSettings : ModelSettings
{
    [CommandOption("-o|--output <FILE>")]
    [Description("The CSV file for the rows with their predictions; by default the standard output.")]
    public string? Output { get; init; }

    public override ValidationResult Validate() => IsJson && Output is null ? ValidationResult.Error("--json needs --output <FILE>, since the predictions are written to the standard output otherwise.") : ValidationResult.Success();
}
