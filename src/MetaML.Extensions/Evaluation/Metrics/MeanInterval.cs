using System.Globalization;
using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>A mean over tasks with its 95 % interval, mean ± t · s / √n (Student's t with n − 1 degrees of freedom).</summary>
/// <param name="Mean">The mean; NaN if there are no values.</param>
/// <param name="HalfWidth">Half the width of the interval; NaN if there are fewer than two values.</param>
/// <param name="Count">n, the number of values.</param>
public readonly record struct MeanInterval(double Mean, double HalfWidth, int Count)
{
    /// <summary>The lower end of the interval.</summary>
    public double Lower => Mean - HalfWidth;

    /// <summary>The upper end of the interval.</summary>
    public double Upper => Mean + HalfWidth;

    /// <summary>The standard error of the mean, s / √n; NaN if there are fewer than two values.</summary>
    public double StandardError => Count < 2 ? double.NaN : HalfWidth / StudentT.Quantile975(Count - 1);

    /// <summary>Computes the mean of some values and its interval.</summary>
    /// <param name="values">One value for each task. NaN values are left out.</param>
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

    /// <summary>A text such as "0.934 ± 0.016", or "28,128 ± 4,589": three decimals, or none from 1,000 on.</summary>
    public override string ToString() => double.IsNaN(HalfWidth)
        ? Text(Mean)
        : string.Create(CultureInfo.InvariantCulture, $"{Text(Mean)} ± {HalfWidth.ToString(Format(Mean), CultureInfo.InvariantCulture)}");

    /// <summary>A mean as text, with the decimals of <see cref="ToString"/>.</summary>
    internal static string Text(double mean) => mean.ToString(Format(mean), CultureInfo.InvariantCulture);

    private static string Format(double mean) => Math.Abs(mean) < 1000 ? "F3" : "N0";
}
