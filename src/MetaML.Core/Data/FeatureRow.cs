using MetaML.Numerics;

namespace MetaML.Data;

/// <summary>The features of one row, dense or sparse. The values are not copied.</summary>
public readonly ref struct FeatureRow
{
    /// <summary>A dense row.</summary>
    /// <param name="values">One value per feature.</param>
    public FeatureRow(ReadOnlySpan<float> values)
    {
        Length = values.Length;
        Values = values;
    }

    /// <summary>A sparse row. Features without an index are zero.</summary>
    /// <param name="length">Number of features.</param>
    /// <param name="indices">Ascending feature numbers from 0.</param>
    /// <param name="values">One value per index.</param>
    public FeatureRow(int length, ReadOnlySpan<int> indices, ReadOnlySpan<float> values)
    {
        Length = length;
        Indices = indices;
        Values = values;
        IsSparse = true;
    }

    /// <summary>Number of features.</summary>
    public int Length { get; }

    /// <summary>Whether <see cref="Indices"/> holds the feature number of each value.</summary>
    public bool IsSparse { get; }

    /// <summary>Feature numbers of a sparse row; empty for a dense one.</summary>
    public ReadOnlySpan<int> Indices { get; }

    /// <summary>All values (dense), or those at <see cref="Indices"/> (sparse).</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>Whether no value is NaN or infinite. A sparse row without values is a row of zeros and thus finite.</summary>
    internal bool IsFinite => FiniteNumbers.AreAll(Values);

    /// <summary>Writes the row to <paramref name="destination"/>, one value per feature.</summary>
    /// <param name="destination">Receives <see cref="Length"/> values.</param>
    public void CopyTo(Span<float> destination)
    {
        if (!IsSparse)
        {
            Values.CopyTo(destination);
            return;
        }

        destination[..Length].Clear();
        for (int i = 0; i < Indices.Length; i++)
            destination[Indices[i]] = Values[i];
    }
}
