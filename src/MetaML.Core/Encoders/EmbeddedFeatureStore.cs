using MetaML.Data;
using MetaML.Parameters;

namespace MetaML.Encoders;

/// <summary>Rows after an encoder that is not trained. Each access embeds its row, so that memory does not grow with the number of rows.</summary>
internal sealed class EmbeddedFeatureStore : FeatureStore
{
    private readonly FeatureStore _rows;
    private readonly FeatureScaling? _scaling;
    private readonly IEncoder _encoder;
    private readonly float[][] _parameters;

    /// <param name="rows">The rows before the encoder.</param>
    /// <param name="scaling">The scaling of features before the encoder; null for none.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="parameters">The encoder's parameters, in its order.</param>
    public EmbeddedFeatureStore(FeatureStore rows, FeatureScaling? scaling, IEncoder encoder, IEnumerable<ParameterArray> parameters)
        : base(encoder.EmbeddingDimension)
    {
        _rows = rows;
        _scaling = scaling;
        _encoder = encoder;
        _parameters = [.. parameters.Select(array => array.Values)];
        RowCount = rows.RowCount;
    }

    /// <inheritdoc/>
    public override bool IsSparse => false;

    /// <inheritdoc/>
    public override FeatureRow this[int row]
    {
        get
        {
            var embedding = new float[FeatureCount];
            CopyRow(row, embedding);
            return new FeatureRow(embedding);
        }
    }

    /// <inheritdoc/>
    internal override void CopyRow(int row, Span<float> destination)
    {
        FeatureRow scaled = _rows[row];
        if (_scaling is not null)
            scaled = _scaling.Apply(scaled, new float[_scaling.Shift is null ? scaled.Values.Length : scaled.Length]);
        _encoder.Embed(_parameters, scaled, destination);
    }

    /// <inheritdoc/>
    internal override int OriginOf(int row) => _rows.OriginOf(row);

    private protected override void Append(FeatureRow row) => throw new NotSupportedException("An embedded store has a fixed number of rows.");
}
