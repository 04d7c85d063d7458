using System.Globalization;

namespace MetaML.Benchmarks.Quality;

/// <summary>A mean and half the width of its 95 % interval over draws, tasks or episodes (Student's t).</summary>
internal readonly record struct Interval(double Mean, double HalfWidth)
{
    public static Interval Of(double[] values)
    {
        double mean = values.Average();
        int freedom = values.Length - 1;
        return new Interval(mean, StudentT(freedom) * Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / freedom / values.Length));
    }

    public override string ToString() => Math.Abs(Mean) < 0.01
        ? string.Create(CultureInfo.InvariantCulture, $"{Mean:G2} ± {HalfWidth:G1}")
        : string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ± {HalfWidth:F3}");

    // The 97.5 % quantile by its expansion about the normal one (Abramowitz and Stegun 26.7.5): 2.262 for nine degrees of freedom.
    private static double StudentT(int freedom)
    {
        const double Z = 1.959964;
        double z3 = Math.Pow(Z, 3), z5 = Math.Pow(Z, 5), z7 = Math.Pow(Z, 7);
        return Z + (z3 + Z) / (4 * freedom)
            + (5 * z5 + 16 * z3 + 3 * Z) / (96 * Math.Pow(freedom, 2))
            + (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * Math.Pow(freedom, 3));
    }
}
