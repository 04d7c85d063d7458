using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Pretrained.Network;

/// <summary>The keys and values of a support in one layer. They are computed once, then every row of the query uses them.</summary>
internal sealed class SupportMemory
{
    private readonly float[][] _keys; // for each head, transposed and scaled: [width, support]
    private readonly float[][] _values; // for each head: [support, width]
    private readonly float[] _noBias;
    private readonly float[] _noValueBias;

    /// <param name="rows">The number of rows of the support.</param>
    /// <param name="keys">For each head [support, width].</param>
    /// <param name="values">For each head [support, width].</param>
    public SupportMemory(int rows, float[][] keys, float[][] values)
    {
        Rows = rows;
        _values = values;
        _noBias = new float[rows];
        int width = keys[0].Length / rows;
        _noValueBias = new float[width];
        float scale = 1 / MathF.Sqrt(width);
        _keys = Array.ConvertAll(keys, head =>
        {
            var transposed = new float[head.Length];
            for (int row = 0; row < rows; row++)
            {
                for (int i = 0; i < width; i++)
                    transposed[i * rows + row] = scale * head[row * width + i];
            }

            return transposed;
        });
    }

    /// <summary>The number of rows of the support.</summary>
    public int Rows { get; }

    /// <summary>softmax(q Kᵀ / √width) V.</summary>
    /// <param name="head">The head.</param>
    /// <param name="queries">q [rows, width].</param>
    /// <param name="weights">Memory for [rows, support].</param>
    /// <param name="result">Receives [rows, width].</param>
    public void Attend(int head, ReadOnlySpan<float> queries, Span<float> weights, Span<float> result)
    {
        AffineKernel.Apply(queries, _keys[head], _noBias, rectifies: false, weights);
        for (int start = 0; start < weights.Length; start += Rows)
        {
            Span<float> row = weights.Slice(start, Rows);
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.Exp<float>(row, row);
            TensorPrimitives.Divide(row, TensorPrimitives.Sum<float>(row), row);
        }

        AffineKernel.Apply(weights, _values[head], _noValueBias, rectifies: false, result);
    }
}
