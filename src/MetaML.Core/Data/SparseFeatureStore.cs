namespace MetaML.Data;

/// <summary>Rows stored as index and value pairs (compressed sparse rows), for features that are mostly zero.</summary>
/// <param name="featureCount">Number of features of each row.</param>
internal sealed class SparseFeatureStore(int featureCount) : FeatureStore(featureCount)
{
    private readonly List<(int[] Indices, float[] Values)> _chunks = [];
    private readonly List<(int Chunk, int Start, int Count)> _rows = [];
    private int _used;

    /// <inheritdoc/>
    public override bool IsSparse => true;

    /// <summary>Number of stored values of all rows together.</summary>
    public long ValueCount { get; private set; }

    /// <inheritdoc/>
    public override FeatureRow this[int row]
    {
        get
        {
            var (chunk, start, count) = _rows[row];
            var (indices, values) = _chunks[chunk];
            return new FeatureRow(FeatureCount, indices.AsSpan(start, count), values.AsSpan(start, count));
        }
    }

    private protected override void Append(FeatureRow row)
    {
        int count = 0;
        foreach (float value in row.Values)
            count += value != 0 ? 1 : 0;

        if (_chunks.Count == 0 || _used + count > _chunks[^1].Values.Length)
        {
            int size = Math.Max(FloatsPerChunk, count);
            _chunks.Add((new int[size], new float[size]));
            _used = 0;
        }

        _rows.Add((_chunks.Count - 1, _used, count));
        var (indices, values) = _chunks[^1];
        for (int i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] == 0)
                continue;
            indices[_used] = row.IsSparse ? row.Indices[i] : i;
            values[_used++] = row.Values[i];
        }

        ValueCount += count;
    }
}
