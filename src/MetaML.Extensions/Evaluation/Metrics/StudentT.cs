namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Student's t distribution.</summary>
internal static class StudentT
{
    // Above this number of degrees of freedom the error of the expansion is below 1e-9.
    private const int LargestExact = 200;

    /// <summary>The 97.5 % quantile: 95 % of the distribution is within plus and minus this value.</summary>
    /// <param name="freedom">The number of degrees of freedom ν, at least 1.</param>
    /// <remarks>
    /// Up to 200 degrees of freedom, the result is the root of the exact two-sided probability (Abramowitz and Stegun 26.7.3,
    /// 26.7.4), found by bisection over θ = atan(t / √ν). Above 200, it is the expansion about the normal quantile (26.7.5).
    /// </remarks>
    public static double Quantile975(int freedom)
    {
        if (freedom > LargestExact)
            return Expansion(freedom);
        double low = 0, high = Math.PI / 2;
        while (true)
        {
            double middle = (low + high) / 2;
            if (middle <= low || middle >= high) // low and high are adjacent numbers
                return Math.Sqrt(freedom) * Math.Tan(middle);
            if (TwoSided(middle, freedom) < 0.95)
                low = middle;
            else
                high = middle;
        }
    }

    // P(|T| < √ν tan θ).
    private static double TwoSided(double theta, int freedom)
    {
        double sine = Math.Sin(theta), cosine = Math.Cos(theta), square = cosine * cosine, sum = 0;
        bool isOdd = freedom % 2 == 1;
        double term = isOdd ? cosine : 1;
        for (int k = isOdd ? 3 : 2; k <= freedom; k += 2) // k: the denominator of the factor that gives the next term
        {
            sum += term;
            term *= square * (k - 1) / k;
        }

        return isOdd ? 2 / Math.PI * (theta + sine * sum) : sine * sum;
    }

    private static double Expansion(double freedom)
    {
        const double Z = 1.959963984540054;
        double z3 = Math.Pow(Z, 3), z5 = Math.Pow(Z, 5), z7 = Math.Pow(Z, 7);
        return Z + (z3 + Z) / (4 * freedom)
            + (5 * z5 + 16 * z3 + 3 * Z) / (96 * Math.Pow(freedom, 2))
            + (3 * z7 + 19 * z5 + 17 * z3 - 15 * Z) / (384 * Math.Pow(freedom, 3));
    }
}
