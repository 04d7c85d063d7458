using MetaML.Numerics;

namespace MetaML.Extensions.Experiments.Search;

/// <summary>A Gaussian process that predicts the score of a strategy from the positions of its options, and the improvement to expect at a position.</summary>
/// <remarks>
/// The kernel is Matérn's of order 5/2. Its length is the most likely of a few; the variance is that of the scores. Source: Snoek, Larochelle and Adams, Practical Bayesian
/// Optimization of Machine Learning Algorithms, 2012, arXiv 1206.2944; here without integration over the hyperparameters.
/// </remarks>
internal sealed class OptionSurrogate
{
    private const double NoiseShare = 0.05; // of the variance: differences of scores that have no relation to the options
    private static readonly double[] s_lengths = [0.15, 0.3, 0.6, 1.2];

    private readonly double[][] _positions;
    private readonly double _mean, _deviation, _length;
    private readonly double[] _factor, _weights;

    /// <param name="positions">The positions of the options in each run, from 0 to 1.</param>
    /// <param name="scores">The score of each run; higher is better. At least two, finite.</param>
    public OptionSurrogate(IEnumerable<double[]> positions, IReadOnlyList<double> scores)
    {
        _positions = [.. positions];
        _mean = scores.Average();
        _deviation = Math.Sqrt(scores.Average(score => Math.Pow(score - _mean, 2)));
        double[] standardised = [.. scores.Select(score => _deviation > 0 ? (score - _mean) / _deviation : 0)];
        (_length, _factor, _weights, _) = s_lengths.Select(length => Fit(length, standardised)).MaxBy(fit => fit.LogLikelihood);
    }

    /// <summary>The mean and the standard deviation of the score at a position.</summary>
    public (double Mean, double Deviation) Predict(IReadOnlyList<double> position)
    {
        int count = _positions.Length;
        double[] covariances = [.. _positions.Select(other => Kernel(position, other, _length))];
        double mean = 0, explained = 0;
        var solved = new double[count]; // L⁻¹ k
        for (int i = 0; i < count; i++)
        {
            mean += covariances[i] * _weights[i];
            double sum = covariances[i];
            for (int j = 0; j < i; j++)
                sum -= _factor[i * count + j] * solved[j];
            solved[i] = sum / _factor[i * count + i];
            explained += solved[i] * solved[i];
        }

        return (_mean + _deviation * mean, _deviation * Math.Sqrt(Math.Max(0, 1 - explained)));
    }

    /// <summary>The expected amount by which the score at a position exceeds a score: ∫ max(0, s − best) p(s) ds.</summary>
    public double ExpectedImprovement(IReadOnlyList<double> position, double best)
    {
        var (mean, deviation) = Predict(position);
        if (deviation == 0)
            return Math.Max(0, mean - best);
        double z = (mean - best) / deviation;
        return (mean - best) * Distribution(z) + deviation * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
    }

    private (double Length, double[] Factor, double[] Weights, double LogLikelihood) Fit(double length, double[] scores)
    {
        int count = scores.Length;
        var kernel = new double[count * count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                kernel[i * count + j] = Kernel(_positions[i], _positions[j], length) + (i == j ? NoiseShare : 0);
        }

        double[] weights = [.. scores];
        Cholesky.Solve(kernel, count, weights, 1);
        double logLikelihood = -0.5 * scores.Zip(weights, (score, weight) => score * weight).Sum();
        for (int i = 0; i < count; i++)
            logLikelihood -= Math.Log(kernel[i * count + i]);
        return (length, kernel, weights, logLikelihood);
    }

    private static double Kernel(IReadOnlyList<double> a, IReadOnlyList<double> b, double length)
    {
        double distance = Math.Sqrt(5 * a.Zip(b, (x, y) => (x - y) * (x - y)).Sum()) / length;
        return (1 + distance + distance * distance / 3) * Math.Exp(-distance);
    }

    // The standard normal distribution function: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17, error below 1e-7.
    private static double Distribution(double z)
    {
        double t = 1 / (1 + 0.2316419 * Math.Abs(z));
        double tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return z > 0 ? 1 - tail : tail;
    }
}
