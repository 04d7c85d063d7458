namespace MetaML.Data;

/// <summary>The rows that all tasks of a <see cref="TaskSet"/> refer to, each stored once.</summary>
/// <remarks>Rows are stored in chunks of bounded size. Growth never copies stored rows.</remarks>
public abstract class FeatureStore
{
    private protected const int FloatsPerChunk = 1 << 18;

    private protected FeatureStore(int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        FeatureCount = featureCount;
    }

    /// <summary>The names of the features, for descriptions and for options that select features by name; empty (default) if they have none.</summary>
    /// <exception cref="ArgumentException">The number of names is neither 0 nor <see cref="FeatureCount"/>.</exception>
    public IReadOnlyList<string> FeatureNames
    {
        get;
        set => field = value.Count == 0 || value.Count == FeatureCount ? value
            : throw new ArgumentException($"There must be no names of features, or {FeatureCount}, one for each; got {value.Count}.", nameof(value));
    } = [];

    /// <summary>A store that keeps every value of a row.</summary>
    /// <param name="featureCount">Number of features of each row; at least 1.</param>
    public static FeatureStore Dense(int featureCount) => new DenseFeatureStore(featureCount);

    /// <summary>A store that keeps only the non-zero values of a row, with their indices.</summary>
    /// <param name="featureCount">Number of features of each row; at least 1.</param>
    public static FeatureStore Sparse(int featureCount) => new SparseFeatureStore(featureCount);

    /// <summary>Number of features of each row.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of rows so far.</summary>
    public int RowCount { get; private protected set; }

    /// <summary>Whether rows are stored as index and value pairs (compressed sparse rows, CSR).</summary>
    public abstract bool IsSparse { get; }

    /// <summary>The row with this number; valid until the store is collected.</summary>
    /// <param name="row">From 0 to <see cref="RowCount"/> − 1.</param>
    public abstract FeatureRow this[int row] { get; }

    /// <summary>Appends a row.</summary>
    /// <param name="row">Dense or sparse, of <see cref="FeatureCount"/> features.</param>
    /// <returns>The new row's number.</returns>
    /// <exception cref="ArgumentException">The row has another number of features.</exception>
    public int Add(FeatureRow row)
    {
        if (row.Length != FeatureCount)
            throw new ArgumentException($"A row must have {FeatureCount} features, as the rows before it; got {row.Length}.", nameof(row));
        Append(row);
        return RowCount++;
    }

    /// <summary>The row of which this one is a variant, or the row itself. A split must hold out a row and its variants together.</summary>
    internal virtual int OriginOf(int row) => row;

    /// <summary>Writes a row to <paramref name="destination"/>, one value for each feature.</summary>
    internal virtual void CopyRow(int row, Span<float> destination) => this[row].CopyTo(destination);

    private protected abstract void Append(FeatureRow row);
}
