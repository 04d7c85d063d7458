using System.ComponentModel;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of <c>describe</c>.</summary>
internal sealed class DescribeSettings : CommonSettings
{
    [CommandArgument(0, "<FILE>")]
    [Description("A table (CSV, TSV, Parquet; also .gz), or a model that metaml wrote.")]
    public string File { get; init; } = "";

    [CommandOption("--missing <TEXT>")]
    [Description("A text that stands for a missing value, beside the usual ones (empty, NA, null, ?). May be repeated.")]
    public string[] Missing { get; init; } = [];
}
