using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>adapt</c>.</summary>
internal sealed class AdaptSettings : ModelSettings
{
    [CommandOption("-o|--output <MODEL>")]
    [Description("The file of the adapted model. The given model is not changed, unless it is the same file.")]
    [DefaultValue("adapted.zip")]
    public string Output { get; init; } = "";
}
