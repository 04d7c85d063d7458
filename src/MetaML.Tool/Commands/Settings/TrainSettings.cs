using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>train</c>.</summary>
internal sealed class TrainSettings : LearnerSettings
{
    [CommandOption("-o|--output <MODEL>")]
    [Description("The file of the model.")]
    [DefaultValue("model.zip")]
    public string Output { get; init; } = "";

    [CommandOption("--time <SECONDS>")]
    [Description("The time limit of the training; by default none.")]
    public int? Seconds { get; init; }

    public override ValidationResult Validate() => Seconds < 1 ? ValidationResult.Error($"--time must be at least 1 second; got {Seconds}.") : ValidationResult.Success();
}
