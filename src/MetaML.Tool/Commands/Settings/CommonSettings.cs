using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of every command.</summary>
internal abstract class CommonSettings : CommandSettings
{
    [CommandOption("--json")]
    [Description("Write the result as one JSON document. Progress goes to the standard error.")]
    public bool IsJson { get; init; }
}
