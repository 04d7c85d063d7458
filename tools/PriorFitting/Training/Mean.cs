namespace MetaML.PriorFitting.Training;

/// <summary>A mean of sums, since it was last taken.</summary>
internal sealed class Mean
{
    private double _sum;
    private double _count;

    /// <summary>Adds a sum of values.</summary>
    public void Add(double sum, double count) => (_sum, _count) = (_sum + sum, _count + count);

    /// <summary>Returns the mean and starts again.</summary>
    public double Take()
    {
        double mean = _sum / _count;
        (_sum, _count) = (0, 0);
        return mean;
    }
}
