using System.Globalization;
using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>A mean over tasks with its 95 % interval, mean ± t · s / √n (Student's t with n − 1 degrees of freedom).</summary>
/// <param name="Mean">The mean; NaN of nothing.</param>
/// <param name="HalfWidth">Half the interval's width; NaN of fewer than two values.</param>
/// <param name="Count">n: how many values it is the mean of.</param>
public readonly record struct MeanInterval(double Mean, double HalfWidth, int Count)
{
    /// <summary>The interval's lower end.</summary>
    public double Lower => Mean - HalfWidth;

    /// <summary>The interval's upper end.</summary>
    public double Upper => Mean + HalfWidth;

    /// <summary>The interval of the mean of some values.</summary>
    /// <param name="values">One for each task; NaN where a task has none, which is left out.</param>
    public static MeanInterval Of(IEnumerable<double> values)
    {
        double[] defined = [.. values.Where(value => !double.IsNaN(value))];
        if (defined.Length == 0)
            return new MeanInterval(double.NaN, double.NaN, 0);
        double mean = defined.Average();
        int freedom = defined.Length - 1;
        if (freedom == 0)
            return new MeanInterval(mean, double.NaN, 1);
        double variance = defined.Sum(value => (value - mean) * (value - mean)) / freedom;
        return new MeanInterval(mean, StudentT.Quantile975(freedom) * Math.Sqrt(variance / defined.Length), defined.Length);
    }

    /// <summary>As in "0.934 ± 0.016".</summary>
    public override string ToString() => double.IsNaN(HalfWidth)
        ? Mean.ToString("F3", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ± {HalfWidth:F3}");
}
