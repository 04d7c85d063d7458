using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The kind of a column's labels by its type: the one place that says which types are labels of which kind.</summary>
internal static class LabelKinds
{
    /// <summary>The kind that is evaluated: as for training, and text too is multiclass. Single labels are binary where they were scored as such.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="column">The label column.</param>
    /// <param name="scoreColumn">What a trainer made of the rows; null where they are not scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it is of another type.</exception>
    public static LabelKind Of(DataViewSchema schema, string column, string? scoreColumn = null)
    {
        const string Expected = "Boolean, key, text or Single";
        DataViewType type = ColumnNames.Find(schema, "label", column, Expected);
        return Find(schema, column, scoreColumn) ?? throw ColumnNames.Mismatch(schema, "label", column, Expected, type);
    }

    /// <summary>The kind that is evaluated; null if there is no such column, or its type is not a type of labels.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="column">The label column.</param>
    /// <param name="scoreColumn">The score column; null if rows are not scored.</param>
    public static LabelKind? Find(DataViewSchema schema, string column, string? scoreColumn = null) => schema.GetColumnOrNull(column)?.Type switch
    {
        null => null,
        TextDataViewType => LabelKind.Multiclass,
        var type when type == NumberDataViewType.Single && scoreColumn is not null && ScoreColumns.IsBinary(schema.GetColumnOrNull(scoreColumn)) => LabelKind.Binary,
        var type => Of(declared: null, KeyVocabulary.Has(type), type),
    };

    /// <summary>The kind that is learned: as declared, else by type: key is multiclass, Boolean binary, Single regression. Null where the type does not fit.</summary>
    /// <param name="declared">Null where the type alone decides.</param>
    /// <param name="isKey">Whether the column is a key that can be used.</param>
    /// <param name="type">The column's type; ignored for a key.</param>
    /// <remarks>Boolean has no missing value. So binary labels of which some are missing are Single, and declared.</remarks>
    public static LabelKind? Of(LabelKind? declared, bool isKey, DataViewType? type)
    {
        LabelKind? kind = isKey ? LabelKind.Multiclass
            : type == BooleanDataViewType.Instance ? LabelKind.Binary
            : type == NumberDataViewType.Single ? declared is LabelKind.Binary ? LabelKind.Binary : LabelKind.Regression
            : null;
        return declared is null || declared == kind ? kind : null;
    }
}
