using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Noise of Student's t distribution, as a scale mixture: ε ~ N(0, σ²/u), u ~ Gamma(ν/2, ν/2). Rows far from their score have a small u.</summary>
/// <remarks>Source: Lange, Little and Taylor, Robust statistical modeling using the t distribution, 1989.</remarks>
internal static class StudentNoise
{
    /// <summary>ν before it is learned.</summary>
    public const double FirstDegrees = 4;

    // The variance is finite, and almost normal noise is the other end.
    private const double FewestDegrees = 2.1, MostDegrees = 100;

    private const int Steps = 40;

    /// <summary>E[u] given a residual: (ν + 1) / (ν + r²/σ²).</summary>
    /// <param name="square">r²/σ².</param>
    /// <param name="degrees">ν.</param>
    public static double Weight(double square, double degrees) => (degrees + 1) / (degrees + square);

    /// <summary>The variance of noise in units of σ²: ν/(ν − 2).</summary>
    /// <param name="degrees">ν.</param>
    public static double Variance(double degrees) => degrees / (degrees - 2);

    /// <summary>The most likely ν and σ² of residuals, and how many nats they are more likely than normal ones.</summary>
    /// <param name="squares">r² of each residual.</param>
    public static (double Degrees, double Variance, double Gain) Fit(double[] squares)
    {
        double normal = squares.Average();
        if (!(normal > 0))
            return (MostDegrees, 1, 0);
        double best = GoldenSection.Minimum(logDegrees => -At(logDegrees).Likelihood, Math.Log(FewestDegrees), Math.Log(MostDegrees), Steps);
        var (likelihood, variance) = At(best);
        return (Math.Exp(best), variance, likelihood + squares.Length * 0.5 * (Math.Log(2 * Math.PI * normal) + 1));

        (double Likelihood, double Variance) At(double logDegrees)
        {
            double degrees = Math.Exp(logDegrees), scale = normal;
            for (int step = 0; step < Steps; step++) // EM for σ²
            {
                double sum = 0, total = 0;
                foreach (double square in squares)
                {
                    double weight = Weight(square / scale, degrees);
                    sum += weight * square;
                    total += weight;
                }

                scale = sum / total;
            }

            double constant = GammaFunction.Log((degrees + 1) / 2) - GammaFunction.Log(degrees / 2) - 0.5 * Math.Log(Math.PI * degrees * scale);
            return (squares.Sum(square => constant - (degrees + 1) / 2 * Math.Log(1 + square / (degrees * scale))), scale);
        }
    }
}
