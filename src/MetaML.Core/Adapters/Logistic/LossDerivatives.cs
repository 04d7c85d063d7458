namespace MetaML.Adapters.Logistic;

/// <summary>The loss of a row, −log p(y), and its first three derivatives by the score.</summary>
internal readonly record struct LossDerivatives(double Value, double First, double Second, double Third)
{
    /// <summary>The loss of logistic regression: log(1 + eᶠ) − yf.</summary>
    /// <param name="score">f.</param>
    /// <param name="label">y: 0 or 1.</param>
    public static LossDerivatives OfLogistic(double score, double label)
    {
        double tail = Math.Exp(-Math.Abs(score)), other = 1 / (1 + tail), probability = score > 0 ? other : tail * other, curvature = tail * other * other;
        return new LossDerivatives(Math.Max(score, 0) + Math.Log(1 + tail) - label * score, probability - label, curvature, curvature * (1 - 2 * probability));
    }
}
