using System.Numerics.Tensors;

namespace MetaML.Pretrained.Network;

/// <summary>Layer normalisation: each row gets mean 0 and variance 1, then a scale and a shift for each value.</summary>
internal readonly record struct NormLayer(float[] Scale, float[] Shift)
{
    private const float Epsilon = 1e-5f; // as in libtorch

    /// <summary>Reads the layer of this name.</summary>
    public static NormLayer Of(NetworkWeights weights, string name) => new(weights[$"{name}.scale"], weights[$"{name}.shift"]);

    /// <summary>Normalises rows.</summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="result">Receives [rows, width].</param>
    public void Apply(ReadOnlySpan<float> rows, Span<float> result)
    {
        int width = Scale.Length;
        for (int start = 0; start < rows.Length; start += width)
        {
            ReadOnlySpan<float> row = rows.Slice(start, width);
            Span<float> normal = result.Slice(start, width);
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum(row) / width, normal);
            float variance = TensorPrimitives.SumOfSquares<float>(normal) / width;
            TensorPrimitives.Multiply(normal, 1 / MathF.Sqrt(variance + Epsilon), normal);
            TensorPrimitives.MultiplyAdd(normal, Scale, Shift, normal);
        }
    }
}
