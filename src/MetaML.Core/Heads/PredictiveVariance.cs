using MetaML.Files;
using MetaML.Numerics;

namespace MetaML.Heads;

/// <summary>The standard deviation of a new label about its score: σ √(1 + z̃ᵀS̃z̃), z̃ = (z, 1).</summary>
/// <remarks>For counts σ is 1, and z̃ᵀS̃z̃ is the variance of the logarithm of a rate. For classes σ is 1, and S̃ is such that scores divided by this deviation give the mean probabilities. The adapters that fit S̃ document the formula.</remarks>
/// <param name="Noise">σ, in the user's units.</param>
/// <param name="Factor">L of S̃ = L Lᵀ, in columns from the diagonal down: [width · (width + 1) / 2], width = embedding + 1.</param>
public sealed record PredictiveVariance(float Noise, float[] Factor)
{
    /// <summary>The predictive variance of a posterior.</summary>
    /// <param name="noise">σ.</param>
    /// <param name="covariance">S̃ [width, width], in units of σ².</param>
    internal static PredictiveVariance Of(double noise, double[] covariance)
    {
        int width = (int)Math.Sqrt(covariance.Length);
        double[] lower = [.. covariance];
        Cholesky.FactorSemidefinite(lower, width); // a dimension that does not vary over tasks has no variance
        return new PredictiveVariance((float)noise, Columns(lower, width, value => (float)value));
    }

    /// <summary>The columns of a lower triangle, from the diagonal down.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="lower">[width, width], row-major.</param>
    /// <param name="width">Number of rows.</param>
    /// <param name="convert">Converts a value.</param>
    internal static T[] Columns<T>(double[] lower, int width, Func<double, T> convert)
    {
        var columns = new T[width * (width + 1) / 2];
        for (int j = 0, offset = 0; j < width; j++)
        {
            for (int i = j; i < width; i++)
                columns[offset++] = convert(lower[i * width + j]);
        }

        return columns;
    }

    /// <summary>The standard deviation of a label about its score.</summary>
    /// <param name="embedding">[embedding].</param>
    public float Deviation(ReadOnlySpan<float> embedding) => Noise * MathF.Sqrt(1 + Variance(embedding));

    /// <summary>z̃ᵀS̃z̃.</summary>
    /// <param name="embedding">[embedding].</param>
    internal float Variance(ReadOnlySpan<float> embedding)
    {
        float variance = 0; // ‖Lᵀz̃‖²
        for (int j = 0, offset = 0; j <= embedding.Length; offset += embedding.Length + 1 - j++)
        {
            float part = Product(embedding, j, offset);
            variance += part * part;
        }

        return variance;
    }

    /// <summary>Lᵀz̃.</summary>
    /// <param name="embedding">[embedding].</param>
    /// <param name="projection">Receives [embedding + 1].</param>
    internal void Project(ReadOnlySpan<float> embedding, Span<float> projection)
    {
        for (int j = 0, offset = 0; j <= embedding.Length; offset += embedding.Length + 1 - j++)
            projection[j] = Product(embedding, j, offset);
    }

    // The product of column j of L, which begins at the offset, with z̃.
    private float Product(ReadOnlySpan<float> embedding, int j, int offset)
    {
        ReadOnlySpan<float> z = embedding[j..];
        return OrderedSum.OfProducts(z, Factor.AsSpan(offset, z.Length)) + Factor[offset + z.Length];
    }

    /// <summary>σ²S̃, [width, width].</summary>
    /// <param name="width">Embedding + 1.</param>
    internal double[] Covariance(int width)
    {
        var covariance = new double[width * width];
        for (int j = 0, offset = 0; j < width; offset += width - j++)
        {
            for (int a = j; a < width; a++)
            {
                for (int b = j; b < width; b++)
                    covariance[a * width + b] += (double)Noise * Noise * Factor[offset + a - j] * Factor[offset + b - j];
            }
        }

        return covariance;
    }

    /// <summary>Writes σ and the factor.</summary>
    internal void Write(BinaryWriter writer)
    {
        writer.Write(Noise);
        BinaryFormat.WriteFloats(writer, Factor);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    internal static PredictiveVariance Read(BinaryReader reader, int dimension)
    {
        float noise = BinaryFormat.ReadFloats(reader, 1)[0];
        return noise > 0
            ? new PredictiveVariance(noise, BinaryFormat.ReadFloats(reader, (dimension + 1L) * (dimension + 2L) / 2))
            : throw new InvalidDataException($"A task's noise must be positive; got {noise}. The file is damaged.");
    }
}
