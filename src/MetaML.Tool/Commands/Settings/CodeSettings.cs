using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>code</c>.</summary>
internal sealed class CodeSettings : LearnerSettings
{
    [CommandOption("-o|--output <FOLDER>")]
    [Description("The folder of the project. It must be absent or empty.")]
    [DefaultValue("Learning")]
    public string Output { get; init; } = "";
}
