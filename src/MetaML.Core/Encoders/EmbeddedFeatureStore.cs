using MetaML.Data;
using MetaML.Parameters;

namespace MetaML.Encoders;

/// <summary>Rows after an encoder that does not learn, embedded whenever they are asked for: memory does not grow with them.</summary>
internal sealed class EmbeddedFeatureStore : FeatureStore
{
    private readonly FeatureStore _rows;
    private readonly FeatureScaling? _scaling;
    private readonly IEncoder _encoder;
    private readonly float[][] _parameters;

    /// <param name="rows">What is embedded.</param>
    /// <param name="scaling">The last step before the encoder; null for none.</param>
    /// <param name="encoder">What embeds.</param>
    /// <param name="parameters">Its parameters, in its order.</param>
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
        FeatureRow own = _rows[row];
        if (_scaling is not null)
            own = _scaling.Apply(own, new float[_scaling.Shift is null ? own.Values.Length : own.Length]);
        _encoder.Embed(_parameters, own, destination);
    }

    /// <inheritdoc/>
    internal override int OriginOf(int row) => _rows.OriginOf(row);

    private protected override void Append(FeatureRow row) => throw new NotSupportedException("Embeddings are of the rows that there are.");
}
