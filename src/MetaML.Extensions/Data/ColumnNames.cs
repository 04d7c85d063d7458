using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The names of the columns that a meta-learner reads.</summary>
/// <param name="Label">The label: Boolean or Single of 0 and 1 (binary), key (multiclass), or Single (regression).</param>
/// <param name="Features">The features: known-size vector of Single.</param>
/// <param name="Task">The task: text or key; null if all rows form one task, or one pool of classes.</param>
/// <param name="Weight">The example weight: Single; null for equal weights.</param>
internal sealed record ColumnNames(string Label, string Features, string? Task, string? Weight)
{
    private const string FeaturesExpected = "known-size vector of Single";
    internal const string BinaryExpected = "Boolean, or Single of 0, 1 and NaN";
    private const string TaskFeaturesExpected = "Single, or known-size vector of Single";
    private const string TaskExpected = "String or key of known cardinality";

    /// <summary>The task features: Single or known-size vector of Single, constant within a task; null for none.</summary>
    public string? TaskFeatures { get; init; }

    /// <summary>The groups that tasks are in, the outermost first: text or key; empty for none.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The exposure of counts: Single; null if all rows have the exposure 1.</summary>
    public string? Exposure { get; init; }

    /// <summary>The columns that scoring reads.</summary>
    public IEnumerable<string> Scored => new[] { Features, Task, TaskFeatures, Exposure }.OfType<string>().Concat(Groups);

    /// <summary>The columns of the model of one task.</summary>
    public ColumnNames WithoutTask => this with { Task = null, TaskFeatures = null, Groups = [] };

    /// <summary>Checks that the model of a task can be made.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="known">The names of the tasks that the model knows.</param>
    /// <exception cref="ArgumentException">There is no Task column, or the task is unknown.</exception>
    public void CheckSelectable(string task, IEnumerable<string> known)
    {
        if (Task is null)
            throw new ArgumentException("The model must have a Task column; got one without. It is the model of one task already.", nameof(task));
        if (!known.Contains(task))
            throw new ArgumentException($"The task must be one of the {known.Count()} that the model knows; got '{task}'. Adapt the model to it first.", nameof(task));
    }

    /// <summary>Checks the columns that training and adaptation read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    public void CheckLabeled(DataViewSchema schema, LabelKind kind, int? featureCount = null, int? taskFeatureCount = null)
    {
        DataViewType label = Find(schema, "label", Label, LabelExpected(kind), kind);
        if (kind == LabelKind.Multiclass && label is KeyDataViewType && !KeyVocabulary.Has(label))
            throw Mismatch(schema, "label", Label, $"key of known cardinality, at most {KeyVocabulary.MaximumCount}", label, kind);
        if (LabelKinds.Of(kind, label is KeyDataViewType, label) != kind)
            throw Mismatch(schema, "label", Label, LabelExpected(kind), label, kind);
        CheckRows(schema, featureCount, taskFeatureCount);
    }

    /// <summary>Checks the columns that training and adaptation read, apart from labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    public void CheckRows(DataViewSchema schema, int? featureCount = null, int? taskFeatureCount = null)
    {
        CheckScored(schema, featureCount, taskFeatureCount);
        if (taskFeatureCount > 0 && TaskFeatures is null)
            throw new ArgumentException("A model that learns from rows must have its column of task features; got the model of one task from SelectTask, which does not read it. Change the model that SelectTask was called on, and select the task again.");
        if (Weight is not null && Find(schema, "example weight", Weight, "Single") is { } weight && weight != NumberDataViewType.Single)
            throw Mismatch(schema, "example weight", Weight, "Single", weight);
    }

    /// <summary>Checks that no output hides the label, the task or the example weight.</summary>
    /// <param name="outputs">The names of the output columns.</param>
    /// <exception cref="ArgumentException">An output has the name of such a column.</exception>
    public void CheckNotHidden(IReadOnlyCollection<string> outputs)
    {
        CheckNotHidden("label", Label, outputs);
        CheckNotHidden("task", Task, outputs);
        CheckNotHidden("example weight", Weight, outputs);
        CheckNotHidden("task feature", TaskFeatures, outputs);
        CheckNotHidden("exposure", Exposure, outputs);
        foreach (string group in Groups)
            CheckNotHidden("group", group, outputs);
    }

    /// <summary>Checks that no output hides a column.</summary>
    /// <param name="role">The role of the column, such as "label".</param>
    /// <param name="name">The column; null if there is none.</param>
    /// <param name="outputs">The names of the output columns.</param>
    /// <exception cref="ArgumentException">An output has the name of the column.</exception>
    public static void CheckNotHidden(string role, string? name, IReadOnlyCollection<string> outputs)
    {
        if (name is not null && outputs.Contains(name))
            throw new ArgumentException($"The {role} column must not have the name of an output column, {string.Join(", ", outputs)}; got '{name}'. The output would hide the column, and evaluation would read the output instead. Give the column another name before the trainer, for example by ml.Transforms.CopyColumns(\"My{name}\", \"{name}\"), and use that name.", name);
    }

    /// <summary>Checks the columns that scoring reads.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    public void CheckScored(DataViewSchema schema, int? featureCount = null, int? taskFeatureCount = null)
    {
        DataViewType features = Find(schema, "feature", Features, FeaturesExpected);
        if (features is not VectorDataViewType { Size: > 0 } vector || vector.ItemType != NumberDataViewType.Single)
            throw Mismatch(schema, "feature", Features, FeaturesExpected, features);
        if (featureCount is { } count && vector.Size != count)
            throw Mismatch(schema, "feature", Features, $"vector of {count} Single, as the model was trained on", features);
        if (Task is not null)
            CheckTask(schema, Task);
        foreach (string group in Groups)
            CheckTask(schema, group, "group");
        if (Exposure is not null && Find(schema, "exposure", Exposure, "Single") is { } exposure && exposure != NumberDataViewType.Single)
            throw Mismatch(schema, "exposure", Exposure, "Single", exposure);
        if (TaskFeatures is null)
            return;
        DataViewType taskFeatures = Find(schema, "task feature", TaskFeatures, TaskFeaturesExpected);
        if (ColumnTypes.Item(taskFeatures) != NumberDataViewType.Single || taskFeatures is VectorDataViewType { Size: 0 })
            throw Mismatch(schema, "task feature", TaskFeatures, TaskFeaturesExpected, taskFeatures);
        if (taskFeatureCount is { } known && TaskFeatureReader.CountOf(taskFeatures) != known)
            throw Mismatch(schema, "task feature", TaskFeatures, known == 1 ? "Single, as the model was trained on" : $"vector of {known} Single, as the model was trained on", taskFeatures);
    }

    /// <summary>Checks a Task column: text, or a key whose number of values is known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <param name="schema">The schema.</param>
    /// <param name="column">The column.</param>
    /// <param name="role">Its role, for messages.</param>
    public static void CheckTask(DataViewSchema schema, string column, string role = "task")
    {
        DataViewType type = Find(schema, role, column, TaskExpected);
        if (!IsTask(type))
            throw Mismatch(schema, role, column, TaskExpected, type);
    }

    /// <summary>Whether a type fits a Task column: text, or a key whose number of values is known.</summary>
    public static bool IsTask(DataViewType? type) => type is TextDataViewType || (type is not null && KeyVocabulary.Has(type));

    /// <summary>Checks the shape of a schema before the pipeline is fitted.</summary>
    /// <returns>The label column.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    public SchemaShape.Column Check(SchemaShape shape, LabelKind kind)
    {
        SchemaShape.Column label = Find(shape, "label", Label, LabelExpected(kind), column => KindOf(column, kind) == kind, kind);
        CheckRows(shape);
        return label;
    }

    /// <summary>Checks the shape of a schema before the pipeline is fitted, apart from labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    public void CheckRows(SchemaShape shape)
    {
        const SchemaShape.Column.VectorKind Scalar = SchemaShape.Column.VectorKind.Scalar;
        CheckFeatures(shape);
        if (Task is not null)
            CheckTask(shape, Task);
        foreach (string group in Groups)
            CheckTask(shape, group, "group");
        if (TaskFeatures is not null)
            Find(shape, "task feature", TaskFeatures, TaskFeaturesExpected, column => column.Kind is Scalar or SchemaShape.Column.VectorKind.Vector && column.ItemType == NumberDataViewType.Single && !column.IsKey);
        if (Weight is not null)
            Find(shape, "example weight", Weight, "Single", column => column.Kind == Scalar && column.ItemType == NumberDataViewType.Single);
        if (Exposure is not null)
            Find(shape, "exposure", Exposure, "Single", column => column.Kind == Scalar && column.ItemType == NumberDataViewType.Single);
    }

    /// <summary>Checks the Task column in the shape of a schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <param name="shape">The shape of the schema.</param>
    /// <param name="name">The column.</param>
    /// <param name="role">Its role, for messages.</param>
    public static void CheckTask(SchemaShape shape, string name, string role = "task") =>
        Find(shape, role, name, TaskExpected, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && (column.IsKey || column.ItemType == TextDataViewType.Instance));

    /// <summary>Checks the feature column in the shape of a schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public void CheckFeatures(SchemaShape shape) =>
        Find(shape, "feature", Features, FeaturesExpected, column => column.Kind == SchemaShape.Column.VectorKind.Vector && column.ItemType == NumberDataViewType.Single);

    /// <summary>The kind of an output's labels: the declared kind, or if there is none, the kind that the type of the column gives.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public static LabelKind KindOf(DataViewSchema schema, OutputColumn output)
    {
        DataViewType type = Find(schema, "output", output.Name, OutputExpected(output.Kind), output.Kind);
        return LabelKinds.Of(output.Kind, KeyVocabulary.Has(type), type) ?? throw Mismatch(schema, "output", output.Name, OutputExpected(output.Kind), type, output.Kind);
    }

    /// <summary>The kind of an output's labels, and its column, in the shape of a schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public static (LabelKind Kind, SchemaShape.Column Column) KindOf(SchemaShape shape, OutputColumn output)
    {
        SchemaShape.Column column = Find(shape, "output", output.Name, OutputExpected(output.Kind), column => KindOf(column, output.Kind) is not null, output.Kind);
        return (KindOf(column, output.Kind)!.Value, column);
    }

    private static LabelKind? KindOf(SchemaShape.Column column, LabelKind? declared) =>
        column.Kind == SchemaShape.Column.VectorKind.Scalar ? LabelKinds.Of(declared, column.IsKey, column.ItemType) : null;

    private static string OutputExpected(LabelKind? declared) => declared switch
    {
        null => "Single, Boolean or key of known cardinality (see MapValueToKey)",
        LabelKind.Binary => BinaryExpected,
        LabelKind.Multiclass => "key of known cardinality (see MapValueToKey)",
        _ => "Single",
    };

    private static string LabelExpected(LabelKind kind) => kind switch
    {
        LabelKind.Binary => BinaryExpected,
        LabelKind.Multiclass => "key (see MapValueToKey)",
        _ => "Single",
    };

    /// <summary>The type of a column.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="role">The role of the column, such as "label".</param>
    /// <param name="name">The column.</param>
    /// <param name="expected">The expected type, for the message.</param>
    /// <param name="kind">The expected kind of labels, for roles that are labels.</param>
    internal static DataViewType Find(DataViewSchema schema, string role, string name, string expected, LabelKind? kind = null) =>
        schema.GetColumnOrNull(name)?.Type ?? throw Mismatch(Available(schema), role, name, expected, "no such column", ColumnCure.Of(role, name, kind, null, false));

    private static SchemaShape.Column Find(SchemaShape shape, string role, string name, string expected, Func<SchemaShape.Column, bool> fits, LabelKind? kind = null)
    {
        string available = string.Join(", ", shape.Select(column => $"{column.Name} ({column.GetTypeString()})"));
        if (!shape.TryFindColumn(name, out SchemaShape.Column column))
            throw Mismatch(available, role, name, expected, "no such column", ColumnCure.Of(role, name, kind, null, false));
        if (fits(column))
            return column;
        DataViewType item = column.IsKey ? new KeyDataViewType(column.ItemType.RawType, 1) : column.ItemType;
        throw Mismatch(available, role, name, expected, column.GetTypeString(), ColumnCure.Of(role, name, kind, item, column.Kind != SchemaShape.Column.VectorKind.Scalar));
    }

    /// <summary>The error of a column whose type does not fit.</summary>
    internal static ArgumentOutOfRangeException Mismatch(DataViewSchema schema, string role, string name, string expected, DataViewType found, LabelKind? kind = null) =>
        Mismatch(Available(schema), role, name, expected, found, ColumnCure.Of(role, name, kind, ColumnTypes.Item(found), found is VectorDataViewType));

    /// <summary>The error of a column whose type fits, but which contains a value that does not.</summary>
    internal static ArgumentOutOfRangeException Mismatch(DataViewSchema schema, string role, string name, string expected, string found, string cure) =>
        Mismatch(Available(schema), role, name, expected, (object)found, cure);

    private static string Available(DataViewSchema schema) => string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"));

    // ML.NET throws the same type of exception for a schema mismatch.
    private static ArgumentOutOfRangeException Mismatch(string available, string role, string name, string expected, object found, string cure) =>
        new(name, $"Schema mismatch for {role} column '{name}': expected {expected}, got {found}. Available columns: {available}. {cure}");
}
