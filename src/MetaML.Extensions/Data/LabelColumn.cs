using MetaML.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>A column of labels, and how they are read.</summary>
/// <param name="Name">The column.</param>
/// <param name="Kind">What the labels are.</param>
/// <param name="ClassCount">Number of classes over all tasks; 0 unless labels are multiclass.</param>
/// <param name="ClassSets">Whether tasks share their classes.</param>
internal sealed record LabelColumn(string Name, LabelKind Kind, int ClassCount = 0, ClassSets ClassSets = ClassSets.Auto)
{
    /// <summary>From a key's number (from 0) to the model's number of the class; null where they are the same.</summary>
    public Func<int, int>? ClassOfKey { get; init; }

    /// <summary>Whether a missing key is an error rather than a row, or an output of it, without a label.</summary>
    public bool MissingKeyIsError { get; init; }

    /// <summary>The schema of the column, where a value that cannot be a label says that it is not one of labels; null where the column is one by declaration.</summary>
    public DataViewSchema? Schema { get; init; }

    /// <summary>A value of the column as a label.</summary>
    /// <param name="value">Not NaN.</param>
    /// <param name="row">The row that it stands in.</param>
    /// <exception cref="ArgumentOutOfRangeException">A binary label is neither 0 nor 1.</exception>
    /// <exception cref="InvalidOperationException">It cannot be learned from.</exception>
    public float Label(float value, long row)
    {
        if (Kind == LabelKind.Multiclass || LabelRule.IsValid(Kind, value)) // classes come from keys, which are valid
            return ClassOfKey?.Invoke((int)value) ?? value;
        if (Kind == LabelKind.Regression)
            throw new InvalidOperationException($"Labels must be finite; got {value} in row {row} of column '{Name}'. Correct the value, or leave the row out.");
        throw Schema is { } schema
            ? ColumnNames.Mismatch(schema, "label", Name, ColumnNames.BinaryExpected, $"{value} in row {row}", "Convert yes/no answers to Boolean, or use the regression trainer for values.")
            : new InvalidOperationException($"Labels must be 0, 1, or NaN where missing; got {value} in row {row} of column '{Name}'. Correct the value, or leave the row out.");
    }
}
