using System.Globalization;

namespace Digits;

/// <summary>How well a strategy answers the new questions.</summary>
internal sealed record Result(string Strategy, bool IsMeta, Interval Accuracy, Interval Precision, Interval Recall);

/// <summary>A mean and half the width of its 95 % interval.</summary>
internal readonly record struct Interval(double Mean, double HalfWidth)
{
    private const double StudentT9 = 2.262; // ten questions: nine degrees of freedom

    public static Interval Of(IEnumerable<double> perQuestion)
    {
        double[] values = [.. perQuestion];
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return new Interval(mean, StudentT9 * deviation / Math.Sqrt(values.Length));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ± {HalfWidth:F3}");
}
