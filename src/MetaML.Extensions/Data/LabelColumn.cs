using MetaML.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>A label column, and how its labels are read.</summary>
/// <param name="Name">The name of the column.</param>
/// <param name="Kind">The kind of the labels.</param>
/// <param name="ClassCount">The number of classes over all tasks; 0 unless labels are multiclass.</param>
/// <param name="ClassSets">Whether tasks share their classes.</param>
internal sealed record LabelColumn(string Name, LabelKind Kind, int ClassCount = 0, ClassSets ClassSets = ClassSets.Auto)
{
    /// <summary>Maps the number of a key (from 0) to the model's number of the class; null if the numbers are the same.</summary>
    public Func<int, int>? ClassOfKey { get; init; }

    /// <summary>Whether a missing key is an error. If false, the row has no label in this column.</summary>
    public bool MissingKeyIsError { get; init; }

    /// <summary>Whether labels are counts.</summary>
    public bool IsCount { get; init; }

    /// <summary>The schema of the column: an invalid value is then reported as a schema mismatch. Null if the kind of the column is declared.</summary>
    public DataViewSchema? Schema { get; init; }

    /// <summary>Converts a value of the column to a label.</summary>
    /// <param name="value">The value, not NaN.</param>
    /// <param name="row">The number of the row.</param>
    /// <exception cref="ArgumentOutOfRangeException">A binary label is neither 0 nor 1.</exception>
    /// <exception cref="InvalidOperationException">The label is not valid.</exception>
    public float Label(float value, long row)
    {
        if (IsCount && !CountRule.IsValid(value))
            throw new InvalidOperationException($"Counts must be 0, 1, 2 and so on; got {value} in row {row} of column '{Name}'. A Poisson or negative binomial distribution gives it no probability. Correct the value, leave the row out, or set ValueLikelihood to Gaussian.");
        if (Kind == LabelKind.Multiclass || LabelRule.IsValid(Kind, value)) // keys are always valid classes
            return ClassOfKey?.Invoke((int)value) ?? value;
        if (Kind == LabelKind.Regression)
            throw new InvalidOperationException($"Labels must be finite; got {value} in row {row} of column '{Name}'. Correct the value, or leave the row out.");
        throw Schema is { } schema
            ? ColumnNames.Mismatch(schema, "label", Name, ColumnNames.BinaryExpected, $"{value} in row {row}", "Convert yes/no answers to Boolean, or use the regression trainer for values.")
            : new InvalidOperationException($"Labels must be 0, 1, or NaN (missing); got {value} in row {row} of column '{Name}'. Correct the value, or leave the row out.");
    }
}
