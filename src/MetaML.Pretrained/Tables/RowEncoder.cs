using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>Turns the rows of a table into the tokens of the network, by statistics of the support's features.</summary>
/// <remarks>
/// Each feature is given as a number, (x − mean) / deviation, and as a rank, √3 (2 F(x) − 1) with the empirical distribution F of the
/// support. Numbers beyond three deviations grow as a logarithm. Both are multiplied by √(slots / features), so that the scale of the
/// first layer's sums depends little on the number of features. A missing value, NaN or infinite, is 0 and is marked.
/// </remarks>
internal sealed class RowEncoder
{
    private readonly int _slots;
    private readonly int[] _features;
    private readonly FeatureStatistics[] _statistics;
    private readonly float _scale;
    private readonly float[] _table;

    /// <summary>Determines the statistics of the support.</summary>
    /// <param name="shape">The network's sizes.</param>
    /// <param name="rows">Features of the support [rows, <paramref name="width"/>]. NaN is a missing value.</param>
    /// <param name="width">The number of features of a row.</param>
    /// <param name="features">The feature of each slot, at most as many as the network has slots.</param>
    /// <param name="classes">The number of classes; 0 for numeric labels.</param>
    public RowEncoder(NetworkShape shape, ReadOnlySpan<float> rows, int width, int[] features, int classes)
        : this(shape, FeatureStatistics.OfColumns(rows, width), features, rows.Length / Math.Max(width, 1), classes)
    {
    }

    /// <summary>An encoder with the statistics of features that are shared by several encoders.</summary>
    /// <param name="shape">The network's sizes.</param>
    /// <param name="statistics">The statistics of each feature of a row.</param>
    /// <param name="features">The feature of each slot, at most as many as the network has slots.</param>
    /// <param name="support">The number of rows of the support.</param>
    /// <param name="classes">The number of classes; 0 for numeric labels.</param>
    public RowEncoder(NetworkShape shape, FeatureStatistics[] statistics, int[] features, int support, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(features.Length, shape.Slots);
        _slots = shape.Slots;
        _features = features;
        _statistics = statistics;
        int varying = features.Count(feature => statistics[feature].Varies);
        _scale = MathF.Sqrt((float)_slots / Math.Max(varying, 1));
        _table = [MathF.Log(Math.Max(support, 1)) / 3 - 1, (float)varying / _slots, (float)classes / NetworkShape.MaximumClasses, classes == 0 ? 1 : 0];
    }

    /// <summary>Writes the token of a row.</summary>
    /// <param name="row">The features of the row.</param>
    /// <param name="token">Receives the token [inputs of the network].</param>
    public void Encode(ReadOnlySpan<float> row, Span<float> token)
    {
        token.Clear();
        for (int slot = 0; slot < _features.Length; slot++)
        {
            FeatureStatistics feature = _statistics[_features[slot]];
            float value = row[_features[slot]];
            if (!feature.Varies)
                continue;
            if (!float.IsFinite(value))
            {
                token[2 * _slots + slot] = 1;
                continue;
            }

            token[slot] = _scale * feature.Number(value);
            token[_slots + slot] = _scale * feature.Rank(value);
        }

        _table.CopyTo(token[(3 * _slots)..]);
    }
}
