using System.ComponentModel;
using Spectre.Console;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>export</c>.</summary>
internal sealed class ExportSettings : CommonSettings
{
    [CommandArgument(0, "<MODEL>")]
    [Description("A model that 'metaml train' or 'metaml adapt' wrote.")]
    public string Model { get; init; } = "";

    [CommandOption("--onnx <FILE>")]
    [Description("The ONNX file, with all tasks.")]
    public string? Onnx { get; init; }

    public override ValidationResult Validate() => Onnx is null ? ValidationResult.Error("--onnx must name the file to write; none was given.") : ValidationResult.Success();
}
