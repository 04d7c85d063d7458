using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of commands that choose what the model learns from.</summary>
internal abstract class LearnerSettings : TrainingFileSettings
{
    [CommandOption("--trees")]
    [Description("Also learn from the score of trees (FastTree) that are trained on all tasks. 'metaml compare' says whether it helps.")]
    public bool UsesTrees { get; init; }
}
