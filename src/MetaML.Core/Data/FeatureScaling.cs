using System.Numerics.Tensors;

namespace MetaML.Data;

/// <summary>Scales features before the encoder: x ↦ (x − shift) · scale. The numbers are fixed before training.</summary>
/// <remarks>
/// Each dense feature gets mean 0 and standard deviation 1. A feature that never varies becomes 0. Sparse features get one
/// common factor, so that zero stays zero and the mean square of a row is that of standardised features; or one factor each.
/// Drawings are normalised first, each by itself.
/// </remarks>
internal sealed class FeatureScaling
{
    private FeatureScaling(float[]? shift, float[] scale, DrawingNormalization? drawings = null)
    {
        Shift = shift;
        Scale = scale;
        Drawings = drawings;
    }

    /// <summary>The number that is subtracted from each feature; null for sparse features.</summary>
    internal float[]? Shift { get; }

    /// <summary>The factor of each feature, or a single factor for all.</summary>
    internal float[] Scale { get; }

    /// <summary>The normalisation of each row before <see cref="Shift"/> and <see cref="Scale"/>; null unless rows are drawings. <see cref="Shift"/> is then not null.</summary>
    internal DrawingNormalization? Drawings { get; }

    /// <summary>Rebuilds a scaling from its numbers.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or drawings have no shift.</exception>
    internal static FeatureScaling FromArrays(float[]? shift, float[] scale, DrawingNormalization? drawings = null) =>
        (shift is null ? drawings is null : shift.Length == scale.Length) ? new(shift, scale, drawings) : throw new ArgumentException("Shift and scale must be of one length.", nameof(scale));

    /// <summary>Fits the scaling to the rows of a store.</summary>
    /// <param name="features">At least one row.</param>
    /// <param name="isUniform">Whether all features share one mean and one deviation, as pixels do.</param>
    public static FeatureScaling Fit(FeatureStore features, bool isUniform = false) => features.IsSparse ? FitSparse(features) : FitDense(features, isUniform);

    /// <summary>The normalisation of drawings alone.</summary>
    /// <param name="drawings">The normalisation of a row.</param>
    /// <param name="featureCount">Number of features of a row.</param>
    public static FeatureScaling OfDrawings(DrawingNormalization drawings, int featureCount) =>
        new(new float[featureCount], [.. Enumerable.Repeat(1f, featureCount)], drawings);

    /// <summary>The same normalisation of drawings, after which all values have one mean and one deviation.</summary>
    /// <param name="images">At least one row.</param>
    public FeatureScaling ThenStandardized(FeatureStore images)
    {
        FeatureScaling scaling = FitDense(images, isUniform: true, this);
        return new FeatureScaling(scaling.Shift, scaling.Scale, Drawings);
    }

    /// <summary>A factor for each feature: (1 + ln((1 + n) / (1 + nⱼ))) / rⱼ, with n rows, nⱼ rows where feature j is not zero, and rⱼ the root mean square of the feature in these rows.</summary>
    /// <remarks>
    /// Thus the units of a feature do not matter, and rare features have a larger factor. Zero stays zero. Source of the inverse
    /// document frequency: Spärck Jones, A statistical interpretation of term specificity, 1972. It is smoothed, so that a feature
    /// of all rows still counts. A feature that is zero in all rows gets the root mean square of all features.
    /// </remarks>
    /// <param name="features">At least one row.</param>
    public static FeatureScaling FitRarity(FeatureStore features)
    {
        var count = new int[features.FeatureCount];
        var squares = new double[features.FeatureCount];
        for (int row = 0; row < features.RowCount; row++)
        {
            FeatureRow current = features[row];
            for (int i = 0; i < current.Values.Length; i++)
            {
                int feature = current.IsSparse ? current.Indices[i] : i;
                count[feature] += current.Values[i] != 0 ? 1 : 0;
                squares[feature] += (double)current.Values[i] * current.Values[i];
            }
        }

        double all = squares.Sum() > 0 ? squares.Sum() / count.Sum(c => (double)c) : 1;
        return new FeatureScaling(null, [.. count.Zip(squares, (present, sum) =>
            (float)((1 + Math.Log((1.0 + features.RowCount) / (1.0 + present))) / Math.Sqrt(present > 0 ? sum / present : all)))]);
    }

    /// <summary>Scales a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="buffer">Receives the scaled values. Its length is the number of features.</param>
    /// <returns>The scaled row, in <paramref name="buffer"/>.</returns>
    public FeatureRow Apply(FeatureRow row, Span<float> buffer)
    {
        if (Shift is null)
        {
            Span<float> values = buffer[..row.Values.Length];
            if (Scale.Length == 1)
                TensorPrimitives.Multiply(row.Values, Scale[0], values);
            else if (!row.IsSparse)
                TensorPrimitives.Multiply(row.Values, Scale, values);
            else
                ScaleSparse(row, values);
            return row.IsSparse ? new FeatureRow(row.Length, row.Indices, values) : new FeatureRow(values);
        }

        Span<float> dense = buffer[..row.Length];
        if (row.IsSparse || Drawings is not null)
        {
            row.CopyTo(dense);
            Drawings?.Apply(dense);
            TensorPrimitives.Subtract(dense, Shift, dense);
        }
        else
        {
            TensorPrimitives.Subtract(row.Values, Shift, dense);
        }

        TensorPrimitives.Multiply(dense, Scale, dense);
        return new FeatureRow(dense);
    }

    private void ScaleSparse(FeatureRow row, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = row.Values[i] * Scale[row.Indices[i]];
    }

    private static FeatureScaling FitSparse(FeatureStore features)
    {
        double squares = 0;
        for (int row = 0; row < features.RowCount; row++)
            squares += TensorPrimitives.SumOfSquares(features[row].Values);
        double meanSquare = squares / features.RowCount;
        return new FeatureScaling(null, [meanSquare > 0 ? (float)Math.Sqrt(features.FeatureCount / meanSquare) : 1]);
    }

    private static FeatureScaling FitDense(FeatureStore features, bool isUniform, FeatureScaling? first = null)
    {
        // Welford's update is accurate even if the mean is much larger than the deviation.
        int width = features.FeatureCount;
        var mean = new double[width];
        var squares = new double[width];
        float[] buffer = first is null ? [] : new float[width];
        for (int row = 0; row < features.RowCount; row++)
        {
            ReadOnlySpan<float> values = first is null ? features[row].Values : first.Apply(features[row], buffer).Values;
            for (int i = 0; i < width; i++)
            {
                double delta = values[i] - mean[i];
                mean[i] += delta / (row + 1);
                squares[i] += delta * (values[i] - mean[i]);
            }
        }

        if (isUniform)
        {
            double common = mean.Average(), total = squares.Sum() + features.RowCount * mean.Sum(value => (value - common) * (value - common));
            Array.Fill(mean, common);
            Array.Fill(squares, total / width);
        }

        var shift = new float[width];
        var scale = new float[width];
        for (int i = 0; i < width; i++)
        {
            double deviation = Math.Sqrt(squares[i] / features.RowCount);
            shift[i] = (float)mean[i];
            scale[i] = deviation > 1e-7 * Math.Abs(mean[i]) && deviation > 0 ? (float)(1 / deviation) : 0;
        }

        return new FeatureScaling(shift, scale);
    }
}
