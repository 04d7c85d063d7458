using MetaML.Data;

namespace MetaML.Training;

/// <summary>Rows and corrupted copies of them. In a copy, each feature is replaced with a given probability by that of a random row, drawn separately for each feature.</summary>
/// <remarks>
/// Thus each feature keeps its distribution over the rows. A copy is computed on each access, with the same result. Row r is copy
/// r / rows of row r mod rows; copy 0 is the row itself. Source of the corruption: Bahri et al., SCARF, 2021, arXiv 2106.15147.
/// </remarks>
internal sealed class CorruptedFeatureStore : FeatureStore
{
    private readonly FeatureStore _rows;
    private readonly double _rate;
    private readonly int _seed;

    /// <param name="rows">At least one dense row.</param>
    /// <param name="copies">Number of corrupted copies of each row.</param>
    /// <param name="rate">The probability that a feature is replaced.</param>
    /// <param name="seed">The only source of randomness.</param>
    public CorruptedFeatureStore(FeatureStore rows, int copies, double rate, int seed)
        : base(rows.FeatureCount)
    {
        _rows = rows;
        _rate = rate;
        _seed = seed;
        RowCount = checked(rows.RowCount * (copies + 1));
    }

    /// <inheritdoc/>
    public override bool IsSparse => false;

    /// <inheritdoc/>
    public override FeatureRow this[int row]
    {
        get
        {
            if (row < _rows.RowCount)
                return _rows[row];
            var random = new Random(unchecked(_seed * 1_000_003 + row));
            var values = new float[FeatureCount];
            _rows[OriginOf(row)].CopyTo(values);
            for (int j = 0; j < values.Length; j++)
            {
                if (random.NextDouble() < _rate)
                    values[j] = _rows[random.Next(_rows.RowCount)].Values[j];
            }

            return new FeatureRow(values);
        }
    }

    /// <inheritdoc/>
    internal override int OriginOf(int row) => row % _rows.RowCount;

    private protected override void Append(FeatureRow row) => throw new NotSupportedException("A corrupted store has a fixed number of rows.");
}
