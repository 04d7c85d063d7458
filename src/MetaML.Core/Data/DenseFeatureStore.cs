using System.Numerics;

namespace MetaML.Data;

/// <summary>Rows stored one value per feature.</summary>
/// <param name="featureCount">Number of features of each row.</param>
/// <param name="expectedRows">Memory is allocated for at most this number of rows at a time.</param>
internal sealed class DenseFeatureStore(int featureCount, int expectedRows = int.MaxValue) : FeatureStore(featureCount)
{
    private readonly List<float[]> _chunks = [];

    // A power of two, so that a shift and a mask give the chunk and the offset of a row.
    private readonly int _rowsPerChunkLog2 = BitOperations.Log2((uint)Math.Clamp(expectedRows, 1, Math.Max(1, FloatsPerChunk / featureCount)));

    /// <inheritdoc/>
    public override bool IsSparse => false;

    /// <inheritdoc/>
    public override FeatureRow this[int row] => new(RowSpan(row));

    private protected override void Append(FeatureRow row)
    {
        if (RowCount >> _rowsPerChunkLog2 == _chunks.Count)
            _chunks.Add(new float[FeatureCount << _rowsPerChunkLog2]);
        row.CopyTo(RowSpan(RowCount));
    }

    private Span<float> RowSpan(int row)
    {
        int offset = row & ((1 << _rowsPerChunkLog2) - 1);
        return _chunks[row >> _rowsPerChunkLog2].AsSpan(offset * FeatureCount, FeatureCount);
    }
}
