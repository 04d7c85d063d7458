using System.Text.Json;
using System.Text.Json.Serialization;
using MetaML.Tool.Reading;
using Microsoft.ML;

namespace MetaML.Tool.Tables;

/// <summary>How the columns of a file become the label, the task and the features. A model contains the plan of its training file, so that later files are read in the same way.</summary>
internal sealed record TablePlan
{
    /// <summary>The annotation of the label column in the input schema of a model.</summary>
    public const string Annotation = "MetaML.Tool.Plan";

    private const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() } };

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The columns that identify the task together.</summary>
    public required IReadOnlyList<string> TaskColumns { get; init; }

    public required string LabelColumn { get; init; }

    public required LabelKind LabelKind { get; init; }

    public bool LabelHasDecimalComma { get; init; }

    /// <summary>The value of a binary label whose probability is predicted; null for other labels.</summary>
    public string? Positive { get; init; }

    /// <summary>The other value of a binary label; null for other labels.</summary>
    public string? Negative { get; init; }

    /// <summary>Texts that stand for a missing value, beside the usual ones.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    public required IReadOnlyList<PlannedColumn> Features { get; init; }

    /// <summary>The name of the task column: "store", or "store, product".</summary>
    [JsonIgnore]
    public string TaskColumn => string.Join(", ", TaskColumns);

    /// <summary>The plan as text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>The plan of a model.</summary>
    /// <param name="path">The file of the model, for messages.</param>
    /// <param name="schema">The input schema of the model.</param>
    /// <exception cref="ToolException">The model has no plan.</exception>
    public static TablePlan Of(string path, DataViewSchema? schema)
    {
        foreach (DataViewSchema.Column column in schema ?? Enumerable.Empty<DataViewSchema.Column>())
        {
            if (column.Annotations.Schema.GetColumnOrNull(Annotation) is null)
                continue;
            ReadOnlyMemory<char> json = default;
            column.Annotations.GetValue(Annotation, ref json);
            TablePlan plan = JsonSerializer.Deserialize<TablePlan>(json.Span, s_json)!;
            return plan.Version == CurrentVersion ? plan : throw new ToolException($"'{path}' must be a model of this version of metaml; its plan has version {plan.Version}, not {CurrentVersion}. Train it again, or update metaml.");
        }

        throw new ToolException($"'{path}' must be a model that 'metaml train' or 'metaml adapt' wrote; it does not say how the columns of a file become features. A model of another program is used from C#, with ml.Model.Load.");
    }
}
