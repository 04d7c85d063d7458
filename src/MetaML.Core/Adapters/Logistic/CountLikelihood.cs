using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>The distribution of counts given the logarithm of their mean: Poisson, or negative binomial with the variance μ + φμ².</summary>
/// <remarks>
/// With r = 1/φ, −log p(y) = (y + r) log(1 + e^(f − log r)) − y(f − log r) − log Γ(y + r) + log Γ(r) + log Γ(y + 1), whose limit for φ → 0 is
/// e^f − yf + log Γ(y + 1). It is convex in f. Source: Hilbe, Negative Binomial Regression, 2011 (the form NB2).
/// </remarks>
/// <param name="Dispersion">φ; 0 for Poisson.</param>
internal sealed record CountLikelihood(double Dispersion)
{
    /// <summary>Poisson.</summary>
    public static CountLikelihood Poisson { get; } = new(0);

    private double Size => 1 / Dispersion; // r

    private double LogSize => -Math.Log(Dispersion);

    /// <summary>E[−log p(y)] for a score f ~ N(m, v); and E[μ] or, for φ &gt; 0, E[(y + r) μ / (μ + r)], of which y is the target; and the derivative of the latter by m.</summary>
    /// <param name="mean">m.</param>
    /// <param name="variance">v.</param>
    /// <param name="count">y.</param>
    public (double Loss, double Prediction, double Curvature) Expected(double mean, double variance, double count)
    {
        if (Dispersion == 0)
        {
            double rate = Math.Exp(mean + variance / 2);
            return (rate - count * mean + GammaFunction.Log(count + 1), rate, rate);
        }

        double centred = mean - LogSize, total = count + Size;
        var (value, probability, curvature) = LogisticExpectation.Of(centred, variance);
        return (total * value - count * centred + LogNormalizer(count), total * probability, total * curvature);
    }

    /// <summary>−log p(y) and its first three derivatives by the score.</summary>
    /// <param name="score">f.</param>
    /// <param name="count">y.</param>
    public LossDerivatives At(double score, double count)
    {
        if (Dispersion == 0)
        {
            double rate = Math.Exp(score);
            return new LossDerivatives(rate - count * score + GammaFunction.Log(count + 1), rate - count, rate, rate);
        }

        LossDerivatives logistic = LossDerivatives.OfLogistic(score - LogSize, 0); // log(1 + eˣ)
        double total = count + Size;
        return new LossDerivatives(total * logistic.Value - count * (score - LogSize) + LogNormalizer(count), total * logistic.First - count, total * logistic.Second, total * logistic.Third);
    }

    /// <summary>The derivatives by log φ of −log p(y), and of its first two derivatives by the score.</summary>
    /// <param name="score">f.</param>
    /// <param name="count">y.</param>
    public (double Value, double First, double Second) ByLogDispersion(double score, double count)
    {
        double size = Size, total = count + size, x = score - LogSize; // dr/d log φ = −r, dx/d log φ = 1
        LossDerivatives logistic = LossDerivatives.OfLogistic(x, 0);
        double value = -size * logistic.Value + total * logistic.First - count + size * (GammaFunction.Digamma(total) - GammaFunction.Digamma(size));
        return (value, -size * logistic.First + total * logistic.Second, -size * logistic.Second + total * logistic.Third);
    }

    private double LogNormalizer(double count) => GammaFunction.Log(Size) + GammaFunction.Log(count + 1) - GammaFunction.Log(count + Size);
}
