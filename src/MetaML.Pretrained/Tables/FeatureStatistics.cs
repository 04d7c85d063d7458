namespace MetaML.Pretrained.Tables;

/// <summary>Mean, deviation and empirical distribution of a feature.</summary>
internal sealed class FeatureStatistics
{
    private const float LinearLimit = 3;
    private static readonly float s_rankScale = MathF.Sqrt(3); // the variance of a uniform rank in [−1, 1] is 1/3

    private readonly float _mean;
    private readonly float _inverse;
    private readonly float[] _sorted;

    /// <param name="values">The values of the support's rows. Those that are not finite are left out.</param>
    public FeatureStatistics(ReadOnlySpan<float> values)
    {
        _sorted = Array.FindAll(values.ToArray(), float.IsFinite);
        Array.Sort(_sorted);
        if (_sorted.Length == 0)
            return;
        double sum = 0, squares = 0;
        foreach (float value in _sorted)
            sum += value;
        double mean = sum / _sorted.Length;
        foreach (float value in _sorted)
            squares += (value - mean) * (value - mean);
        float deviation = (float)Math.Sqrt(squares / _sorted.Length);
        _mean = (float)mean;
        Varies = _sorted[0] < _sorted[^1] && float.IsNormal(deviation) || _sorted.Length < values.Length;
        _inverse = float.IsNormal(deviation) ? 1 / deviation : 0;
    }

    /// <summary>The mean; 0 if no value is finite.</summary>
    public float Mean => _mean;

    /// <summary>The reciprocal of the standard deviation; 0 if the feature does not vary.</summary>
    public float Inverse => _inverse;

    /// <summary>Whether the rows of the support differ in the feature.</summary>
    public bool Varies { get; }

    /// <summary>The statistics of each column of a matrix [rows, width].</summary>
    public static FeatureStatistics[] OfColumns(ReadOnlySpan<float> rows, int width)
    {
        var statistics = new FeatureStatistics[width];
        var column = new float[width == 0 ? 0 : rows.Length / width];
        for (int feature = 0; feature < width; feature++)
        {
            for (int row = 0; row < column.Length; row++)
                column[row] = rows[row * width + feature];
            statistics[feature] = new FeatureStatistics(column);
        }

        return statistics;
    }

    /// <summary>The standardised value. Beyond three deviations it grows as a logarithm.</summary>
    public float Number(float value) => Squash((value - _mean) * _inverse);

    /// <summary>√3 (2 F(x) − 1), where F counts equal values by one half.</summary>
    public float Rank(float value)
    {
        int below = Count(value, includesEqual: false), upTo = Count(value, includesEqual: true);
        return s_rankScale * ((float)(below + upTo) / Math.Max(_sorted.Length, 1) - 1);
    }

    /// <summary>x for |x| ≤ 3, and sign(x) (3 + log(|x| / 3)) beyond.</summary>
    public static float Squash(float value)
    {
        float size = MathF.Abs(value);
        return size <= LinearLimit ? value : MathF.CopySign(LinearLimit + MathF.Log(size / LinearLimit), value);
    }

    // The number of values below the given one, or not above it.
    private int Count(float value, bool includesEqual)
    {
        int low = 0, high = _sorted.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sorted[middle] < value || includesEqual && _sorted[middle] == value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
