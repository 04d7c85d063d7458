using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>What the labels of a column are.</summary>
internal static class LabelKinds
{
    /// <summary>By the column's type: Boolean, key or text, Single, which is of 0 and 1 where it was scored as such.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="column">The label column.</param>
    /// <param name="scoreColumn">What a trainer made of the rows; null where they are not scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it is of another type.</exception>
    public static LabelKind Of(DataViewSchema schema, string column, string? scoreColumn = null)
    {
        const string Expected = "Boolean, key, text or Single";
        DataViewType type = ColumnNames.Find(schema, "label", column, Expected);
        if (type == NumberDataViewType.Single && scoreColumn is not null && IsBinaryScore(schema.GetColumnOrNull(scoreColumn)))
            return LabelKind.Binary;
        return Of(type) ?? throw ColumnNames.Mismatch(schema, "label", column, Expected, type);
    }

    private static bool IsBinaryScore(DataViewSchema.Column? score)
    {
        if (score?.Annotations is not { } annotations || annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnKind)?.Type is not TextDataViewType)
            return false;
        ReadOnlyMemory<char> kind = default;
        annotations.GetValue(AnnotationUtils.Kinds.ScoreColumnKind, ref kind);
        return kind.Span.SequenceEqual(AnnotationUtils.Const.ScoreColumnKind.BinaryClassification);
    }

    /// <summary>Null where a type holds no labels.</summary>
    public static LabelKind? Of(DataViewType type) => type switch
    {
        BooleanDataViewType => LabelKind.Binary,
        KeyDataViewType { Count: > 0 } or TextDataViewType => LabelKind.Multiclass,
        _ when type == NumberDataViewType.Single => LabelKind.Regression,
        _ => null,
    };
}
