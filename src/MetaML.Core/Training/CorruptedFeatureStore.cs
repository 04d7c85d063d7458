using MetaML.Data;

namespace MetaML.Training;

/// <summary>Rows and corrupted copies of them: in a copy, each feature is with some probability that of another row, drawn anew for each feature.</summary>
/// <remarks>
/// So every feature keeps its distribution over the rows. Copies are made as they are asked for, the same each time. Row r is
/// copy r / rows of row r mod rows; copy 0 is the row itself. Source of the corruption: Bahri et al., SCARF, 2021, arXiv 2106.15147.
/// </remarks>
internal sealed class CorruptedFeatureStore : FeatureStore
{
    private readonly FeatureStore _rows;
    private readonly double _rate;
    private readonly int _seed;

    /// <param name="rows">Dense; at least one.</param>
    /// <param name="copies">Corrupted copies of each row.</param>
    /// <param name="rate">Probability with which a feature is replaced.</param>
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

    private protected override void Append(FeatureRow row) => throw new NotSupportedException("Copies are made of the rows that there are.");
}
