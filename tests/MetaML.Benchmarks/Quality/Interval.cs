using System.Globalization;

namespace MetaML.Benchmarks.Quality;

/// <summary>A mean and half the width of its 95 % interval over ten draws (Student's t, nine degrees of freedom).</summary>
internal readonly record struct Interval(double Mean, double HalfWidth)
{
    private const double StudentT9 = 2.262;

    public static Interval Of(double[] values)
    {
        if (values.Length != 10)
            throw new ArgumentException($"Each method must be judged on ten draws; got {values.Length}.", nameof(values));
        double mean = values.Average();
        return new Interval(mean, StudentT9 * Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / 9 / 10));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ± {HalfWidth:F3}");
}
