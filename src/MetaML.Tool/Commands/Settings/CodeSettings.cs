using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>code</c>.</summary>
internal sealed class CodeSettings : TrainingFileSettings
{
    [CommandOption("-o|--output <FOLDER>")]
    [Description("The folder of the project. It must be absent or empty.")]
    [DefaultValue("Learning")]
    public string Output { get; init; } = "";

    [CommandOption("--trees")]
    [Description("Also learn from the score of trees (FastTree) that are trained on all tasks. 'metaml compare' says whether it helps.")]
    public bool UsesTrees { get; init; }
}
