namespace MetaML.Heads;

/// <summary>How a head predicts counts: the expected count of a row is the mean of exp(w·z̃) over the posterior of w, times the row's exposure.</summary>
/// <param name="Dispersion">φ: a count with the mean μ has the variance μ + φμ² (negative binomial); 0 for the variance μ (Poisson).</param>
internal sealed record CountDistribution(double Dispersion)
{
    /// <summary>The exponential of a larger number is not finite in single precision.</summary>
    public const float LargestScore = 88;

    /// <summary>The expected count of a row with the exposure 1: exp(s + v/2).</summary>
    /// <param name="score">s: the score of the head, which is the logarithm of a rate.</param>
    /// <param name="variance">v: its variance given the rows of the task.</param>
    public static float Mean(float score, double variance) => (float)Math.Exp(Math.Min(score + variance / 2, LargestScore));

    /// <summary>The standard deviation of a count: √(μ + μ²(e^v (1 + φ) − 1)).</summary>
    /// <param name="mean">μ, for the exposure of the row.</param>
    /// <param name="variance">v.</param>
    public float Deviation(float mean, double variance) => (float)Math.Sqrt(mean + (double)mean * mean * (Math.Exp(Math.Min(variance, LargestScore)) * (1 + Dispersion) - 1));
}
