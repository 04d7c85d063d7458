using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The kind of the labels of a column, from the type of the column.</summary>
internal static class LabelKinds
{
    /// <summary>The kind of labels for evaluation. It is the kind for training, with two additions: text is multiclass, and Single is binary if the scores are binary.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="column">The label column.</param>
    /// <param name="scoreColumn">The score column; null if rows are not scored.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it is of another type.</exception>
    public static LabelKind Of(DataViewSchema schema, string column, string? scoreColumn = null)
    {
        const string Expected = "Boolean, key, text or Single";
        DataViewType type = ColumnNames.Find(schema, "label", column, Expected);
        return Find(schema, column, scoreColumn) ?? throw ColumnNames.Mismatch(schema, "label", column, Expected, type);
    }

    /// <summary>The kind of labels for evaluation; null if there is no such column, or if its type is not a type of labels.</summary>
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

    /// <summary>The kind of labels for training: key is multiclass, Boolean binary, Single regression, or binary if declared. Null if the type does not fit the declared kind.</summary>
    /// <param name="declared">The declared kind; null if only the type decides.</param>
    /// <param name="isKey">Whether the column is a key that can be used.</param>
    /// <param name="type">The type of the column; ignored for a key.</param>
    /// <remarks>Boolean has no missing value. Binary labels with missing values must therefore be Single, with a declared kind.</remarks>
    public static LabelKind? Of(LabelKind? declared, bool isKey, DataViewType? type)
    {
        LabelKind? kind = isKey ? LabelKind.Multiclass
            : type == BooleanDataViewType.Instance ? LabelKind.Binary
            : type == NumberDataViewType.Single ? declared is LabelKind.Binary ? LabelKind.Binary : LabelKind.Regression
            : null;
        return declared is null || declared == kind ? kind : null;
    }
}
