using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of commands that use a model on a file.</summary>
internal abstract class ModelSettings : CommonSettings
{
    [CommandArgument(0, "<MODEL>")]
    [Description("A model that 'metaml train' or 'metaml adapt' wrote.")]
    public string Model { get; init; } = "";

    [CommandArgument(1, "<FILE>")]
    [Description("The table, with the columns of the training file.")]
    public string File { get; init; } = "";
}
