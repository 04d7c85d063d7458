using System.Numerics.Tensors;
using MetaML.Tasks;

namespace MetaML.Encoders;

/// <summary>x ↦ (x − shift) · scale, the last step before the encoder, fixed before training.</summary>
/// <remarks>
/// Dense features: each to mean 0 and standard deviation 1; a feature that never varies becomes 0. Sparse features: one
/// factor for all, so that zero stays zero and a row's mean square is what standardised features have.
/// </remarks>
public sealed class FeatureScaling
{
    private FeatureScaling(float[]? shift, float[] scale)
    {
        Shift = shift;
        Scale = scale;
    }

    /// <summary>What is subtracted from each feature; null for sparse features.</summary>
    internal float[]? Shift { get; }

    /// <summary>The factor of each feature; a single one for sparse features.</summary>
    internal float[] Scale { get; }

    /// <summary>Rebuilds a scaling from its numbers.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    internal static FeatureScaling FromArrays(float[]? shift, float[] scale) =>
        shift is null ? scale.Length == 1 ? new(null, scale) : throw new ArgumentException("A scaling without shift must have one factor.", nameof(scale))
        : shift.Length == scale.Length ? new(shift, scale) : throw new ArgumentException("Shift and scale must be of one length.", nameof(scale));

    /// <summary>Measures the rows of a store.</summary>
    /// <param name="features">At least one row.</param>
    /// <param name="isUniform">Whether all features are brought to mean 0 and deviation 1 together, as pixels are, rather than each.</param>
    public static FeatureScaling Fit(FeatureStore features, bool isUniform = false) => features.IsSparse ? FitSparse(features) : FitDense(features, isUniform);

    /// <summary>Scales a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="buffer">Receives the scaled values; as long as the row has features.</param>
    /// <returns>The scaled row, in <paramref name="buffer"/>.</returns>
    public FeatureRow Apply(FeatureRow row, Span<float> buffer)
    {
        if (Shift is null)
        {
            Span<float> values = buffer[..row.Values.Length];
            TensorPrimitives.Multiply(row.Values, Scale[0], values);
            return row.IsSparse ? new FeatureRow(row.Length, row.Indices, values) : new FeatureRow(values);
        }

        Span<float> dense = buffer[..row.Length];
        row.CopyTo(dense);
        TensorPrimitives.Subtract(dense, Shift, dense);
        TensorPrimitives.Multiply(dense, Scale, dense);
        return new FeatureRow(dense);
    }

    private static FeatureScaling FitSparse(FeatureStore features)
    {
        double squares = 0;
        for (int row = 0; row < features.RowCount; row++)
            squares += TensorPrimitives.SumOfSquares(features[row].Values);
        double meanSquare = squares / features.RowCount;
        return new FeatureScaling(null, [meanSquare > 0 ? (float)Math.Sqrt(features.FeatureCount / meanSquare) : 1]);
    }

    private static FeatureScaling FitDense(FeatureStore features, bool isUniform)
    {
        // Welford's update: exact also where the mean is large beside the deviation.
        int width = features.FeatureCount;
        var mean = new double[width];
        var squares = new double[width];
        for (int row = 0; row < features.RowCount; row++)
        {
            ReadOnlySpan<float> values = features[row].Values;
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
