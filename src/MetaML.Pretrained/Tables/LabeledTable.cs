namespace MetaML.Pretrained.Tables;

/// <summary>A table with labels: what a prior-fitted network learns from, and all that a fitted model keeps.</summary>
/// <param name="Features">[rows, <paramref name="Width"/>], row-major. NaN is a missing value.</param>
/// <param name="Width">The number of features.</param>
/// <param name="Labels">A class from 0, or a number, for each row.</param>
/// <param name="Classes">The number of classes; 0 for numeric labels.</param>
internal sealed record LabeledTable(float[] Features, int Width, float[] Labels, int Classes)
{
    /// <summary>The number of rows.</summary>
    public int Rows => Labels.Length;

    /// <summary>The features of a row.</summary>
    public ReadOnlySpan<float> Row(int row) => Features.AsSpan(row * Width, Width);

    /// <summary>A table of some of the rows.</summary>
    public LabeledTable Select(IReadOnlyList<int> rows)
    {
        var features = new float[rows.Count * Width];
        var labels = new float[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            Row(rows[i]).CopyTo(features.AsSpan(i * Width));
            labels[i] = Labels[rows[i]];
        }

        return this with { Features = features, Labels = labels };
    }
}
