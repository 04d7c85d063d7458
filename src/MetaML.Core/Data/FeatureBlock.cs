namespace MetaML.Data;

/// <summary>Scaled rows that are encoded together. The buffers are reused for the next block.</summary>
/// <param name="featureCount">Number of features of each row.</param>
/// <param name="scaling">The scaling of features before the encoder; null for none.</param>
internal sealed class FeatureBlock(int featureCount, FeatureScaling? scaling)
{
    private float[] _values = [];
    private int[] _indices = [];
    private int[] _ends = []; // the end of each sparse row in _values
    private int _used;

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Whether rows are stored as index and value pairs. The first row determines this for the block.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>[rows, features] of dense rows.</summary>
    public ReadOnlySpan<float> Dense => _values.AsSpan(0, _used);

    /// <summary>A row.</summary>
    /// <param name="row">The row's index, from 0.</param>
    public FeatureRow this[int row]
    {
        get
        {
            if (!IsSparse)
                return new FeatureRow(_values.AsSpan(row * featureCount, featureCount));
            int start = row == 0 ? 0 : _ends[row - 1];
            return new FeatureRow(featureCount, _indices.AsSpan(start, _ends[row] - start), _values.AsSpan(start, _ends[row] - start));
        }
    }

    /// <summary>The features that have a value in a sparse row of the block, ascending; the first feature if there is none, so that there is always one.</summary>
    public int[] ActiveColumns()
    {
        int[] columns = [.. _indices.Take(_used).Distinct().Order()];
        return columns.Length > 0 ? columns : [0];
    }

    /// <summary>Writes a row.</summary>
    /// <param name="row">The row's index, from 0.</param>
    /// <param name="columns">The features to write, which include all active ones; null for all features.</param>
    /// <param name="destination">Zeros. Receives a value for each of these features.</param>
    public void CopyTo(int row, int[]? columns, Span<float> destination)
    {
        FeatureRow features = this[row];
        if (columns is null)
            features.CopyTo(destination);
        for (int i = 0; i < features.Indices.Length && columns is not null; i++)
            destination[Array.BinarySearch(columns, features.Indices[i])] = features.Values[i];
    }

    /// <summary>Removes all rows.</summary>
    public void Clear() => Count = _used = 0;

    /// <summary>Adds a row.</summary>
    /// <param name="row">Dense or sparse.</param>
    public void Add(FeatureRow row)
    {
        if (Count == 0)
            IsSparse = row.IsSparse && scaling?.Shift is null;
        if (IsSparse)
            AddSparse(row);
        else
            AddDense(row);
        Count++;
    }

    private void AddDense(FeatureRow row)
    {
        Reserve(ref _values, _used + featureCount);
        Span<float> values = _values.AsSpan(_used, featureCount);
        if (row.IsSparse || scaling is null)
            row.CopyTo(values);
        scaling?.Apply(row.IsSparse ? new FeatureRow(values) : row, values);
        _used += featureCount;
    }

    private void AddSparse(FeatureRow row)
    {
        Reserve(ref _values, _used + row.Values.Length);
        Reserve(ref _indices, _used + row.Values.Length);
        Reserve(ref _ends, Count + 1);
        Span<float> values = _values.AsSpan(_used, row.Values.Length);
        Span<int> indices = _indices.AsSpan(_used, row.Values.Length);
        row.Values.CopyTo(values);
        for (int i = 0; i < indices.Length; i++)
            indices[i] = row.IsSparse ? row.Indices[i] : i;
        scaling?.Apply(new FeatureRow(featureCount, indices, values), values);
        _ends[Count] = _used += values.Length;
    }

    private static void Reserve<T>(ref T[] buffer, int length)
    {
        if (buffer.Length < length)
            Array.Resize(ref buffer, Math.Max(length, 2 * buffer.Length));
    }
}
