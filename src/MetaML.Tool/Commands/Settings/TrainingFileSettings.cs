using System.ComponentModel;
using MetaML.Tool.Tables;
using Spectre.Console.Cli;

namespace MetaML.Tool.Commands.Settings;

/// <summary>The options of commands that learn from a file.</summary>
internal abstract class TrainingFileSettings : CommonSettings
{
    [CommandArgument(0, "<FILE>")]
    [Description("The table (CSV, TSV, Parquet; also .gz).")]
    public string File { get; init; } = "";

    [CommandOption("-t|--task <COLUMN>")]
    [Description("The column that tells the tasks apart: store, customer, machine. Several: \"store,product\".")]
    public string? Task { get; init; }

    [CommandOption("-l|--label <COLUMN>")]
    [Description("The column to predict.")]
    public string? Label { get; init; }

    [CommandOption("--kind <KIND>")]
    [Description("binary, multiclass or regression; by default what the labels suggest.")]
    public LabelKind? Kind { get; init; }

    [CommandOption("--positive <VALUE>")]
    [Description("Of two labels, the one whose probability is predicted.")]
    public string? Positive { get; init; }

    [CommandOption("--ignore <COLUMN>")]
    [Description("A column that is no feature. May be repeated, as --category, --text and --missing.")]
    public string[] Ignored { get; init; } = [];

    [CommandOption("--category <COLUMN>")]
    [Description("A column whose values are categories, such as numbers of departments.")]
    public string[] Categories { get; init; } = [];

    [CommandOption("--text <COLUMN>")]
    [Description("A column whose values are texts of words.")]
    public string[] Texts { get; init; } = [];

    [CommandOption("--missing <TEXT>")]
    [Description("A text that stands for a missing value, beside the usual ones (empty, NA, null, ?).")]
    public string[] Missing { get; init; } = [];

    [CommandOption("--seed <NUMBER>")]
    [Description("The seed: the same seed and file give the same result.")]
    [DefaultValue(1)]
    public int Seed { get; init; }

    public PlanRequest Request => new()
    {
        Task = Task,
        Label = Label,
        Kind = Kind,
        Positive = Positive,
        Ignored = Ignored,
        Categories = Categories,
        Texts = Texts,
        Missing = Missing,
    };
}
