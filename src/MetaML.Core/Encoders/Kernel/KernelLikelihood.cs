using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Kernel;

/// <summary>The marginal likelihood of labels under Gaussian processes, as a function of length scales and variances.</summary>
/// <remarks>
/// <para>A label is f(x) + fₜ(x) + noise: f is the same in all tasks, fₜ is task t's own. Each is the sum of a smooth function with the kernel
/// exp(−½ Σ ((xⱼ − x′ⱼ)/ℓⱼ)²), a linear function, and a constant, with a variance for each. The length scales are common to f and fₜ. A weak normal prior of the
/// logarithms keeps a feature from mattering by chance.</para>
/// <para>The gradient of log p is ½ tr((ααᵀ − K⁻¹) ∂K) with α = K⁻¹y (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.9). The steps are those
/// of resilient propagation (iRprop−: Igel and Hüsken, Improving the Rprop learning algorithm, 2000), which suits this likelihood (Blum and Riedmiller, Optimization of
/// Gaussian process hyperparameters using Rprop, 2013).</para>
/// </remarks>
internal sealed class KernelLikelihood
{
    // The variances of what tasks share, after the precisions of the features in the array of logarithms; each is followed by that of a task's own part. The noise is the last.
    private const int Smooth = 0, Linear = 2, Constant = 4, Noise = 6, VarianceCount = 7;

    private const int MaximumSteps = 60, Patience = 8;
    private const double LeastGain = 0.1; // in nats, over as many steps as the patience
    private const double FirstStep = 0.2, SmallestStep = 1e-3, LargestStep = 1;
    private const double DeviationOfPrecisions = 1.5, DeviationOfVariances = 3; // of logarithms
    private const double SmallestNoise = 1e-4;

    private readonly KernelSample _sample;
    private readonly int _features;
    private readonly double[] _centre;

    /// <param name="sample">The rows.</param>
    public KernelLikelihood(KernelSample sample)
    {
        _sample = sample;
        _features = sample.Rows[0].Length;
        _centre = [.. Enumerable.Repeat(-Math.Log(_features), _features), .. Enumerable.Repeat(Math.Log(0.2), VarianceCount)];
    }

    /// <summary>The length scales and variances with the highest likelihood that the search finds.</summary>
    /// <param name="endsNow">Whether the search must end now, asked before each step but the first; null for never.</param>
    public KernelVariances Maximize(Func<bool>? endsNow = null)
    {
        double[] point = [.. _centre], best = point, steps = new double[point.Length], before = new double[point.Length];
        Array.Fill(steps, FirstStep);
        double highest = double.NegativeInfinity, old = double.NegativeInfinity;
        for (int step = 0; step < MaximumSteps && (step == 0 || endsNow?.Invoke() != true); step++)
        {
            var (value, gradient) = At(point);
            if (value > highest)
                (highest, best) = (value, [.. point]);
            if (step % Patience == Patience - 1)
            {
                if (highest - old < LeastGain)
                    break;
                old = highest;
            }

            for (int i = 0; i < point.Length; i++)
            {
                double agreement = gradient[i] * before[i];
                if (agreement < 0)
                    (steps[i], gradient[i]) = (Math.Max(SmallestStep, 0.5 * steps[i]), 0);
                else if (agreement > 0)
                    steps[i] = Math.Min(LargestStep, 1.2 * steps[i]);
                point[i] += Math.Sign(gradient[i]) * steps[i];
            }

            before = gradient;
        }

        double[] variances = Array.ConvertAll(best[_features..], Math.Exp);
        return new KernelVariances(Array.ConvertAll(best[.._features], Math.Exp), Total(variances, Smooth, isOwn: true), Total(variances, Linear, isOwn: true));
    }

    /// <summary>The log likelihood plus the log density of the prior, and its gradient.</summary>
    /// <param name="logarithms">Of the precisions of the features, and of the variances.</param>
    internal (double Value, double[] Gradient) At(double[] logarithms)
    {
        double value = 0;
        var gradient = new double[logarithms.Length];
        for (int i = 0; i < gradient.Length; i++)
        {
            double deviation = i < _features ? DeviationOfPrecisions : DeviationOfVariances, distance = (logarithms[i] - _centre[i]) / deviation;
            value -= 0.5 * distance * distance;
            gradient[i] = -distance / deviation;
        }

        foreach (KernelSample.Part part in _sample.Parts)
            value += Add(part, Array.ConvertAll(logarithms, Math.Exp), gradient);
        return (value, gradient);
    }

    private double Add(KernelSample.Part part, double[] values, double[] gradient)
    {
        int count = part.Rows.Length, outputs = part.Targets.Length;
        double[] roots = Array.ConvertAll(values[.._features], Math.Sqrt);
        ReadOnlySpan<double> variances = values.AsSpan(_features);
        double[] scaled = new double[count * _features + SmallProducts<double>.Slack], raw = new double[scaled.Length];
        for (int i = 0; i < count; i++)
        {
            part.Rows[i].CopyTo(raw, i * _features);
            TensorPrimitives.Multiply(part.Rows[i], roots, scaled.AsSpan(i * _features, _features));
        }

        double[] smooth = Inner(scaled, count), linear = Inner(raw, count), squares = [.. Enumerable.Range(0, count).Select(i => smooth[i * count + i])];
        var covariance = new double[count * count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                int at = i * count + j;
                smooth[at] = smooth[j * count + i] = Math.Exp(smooth[at] - 0.5 * (squares[i] + squares[j]));
                linear[at] = linear[j * count + i] = linear[at] / _features;
                bool isOwn = part.Tasks[i] == part.Tasks[j];
                covariance[at] = Total(variances, Smooth, isOwn) * smooth[at] + Total(variances, Linear, isOwn) * linear[at] + Total(variances, Constant, isOwn) + (i == j ? variances[Noise] + SmallestNoise : 0);
            }
        }

        Cholesky.Factor(covariance, count);
        double likelihood = -0.5 * outputs * MatrixAlgebra.LogDeterminant(covariance, count);
        double[] weights = MatrixAlgebra.InverseOf(covariance, count); // becomes Σααᵀ − outputs K⁻¹
        double[][] solutions = Array.ConvertAll(part.Targets, target => MatrixAlgebra.Multiply(weights, target));
        TensorPrimitives.Multiply(weights, -outputs, weights);
        for (int k = 0; k < outputs; k++)
        {
            likelihood -= 0.5 * TensorPrimitives.Dot<double>(solutions[k], part.Targets[k]);
            for (int i = 0; i < count; i++)
                MatrixAlgebra.AddScaled(solutions[k], solutions[k][i], weights.AsSpan(i * count, count));
        }

        Span<double> own = gradient.AsSpan(_features);
        for (int i = 0; i < count; i++)
        {
            own[Noise] += 0.5 * variances[Noise] * weights[i * count + i];
            for (int j = 0; j < count; j++)
            {
                int at = i * count + j;
                double weight = 0.5 * weights[at];
                bool isOwn = part.Tasks[i] == part.Tasks[j];
                AddTo(own, variances, Smooth, isOwn, weight * smooth[at]);
                AddTo(own, variances, Linear, isOwn, weight * linear[at]);
                AddTo(own, variances, Constant, isOwn, weight);
                weights[at] *= Total(variances, Smooth, isOwn) * smooth[at];
            }
        }

        // Of log p with respect to log precision j: −¼ Σ V (xⱼ − x′ⱼ)² = −½ (Σᵢ rᵢxᵢⱼ² − xⱼᵀVxⱼ), with V the weights, r its row sums, x scaled.
        var product = new double[scaled.Length];
        SmallProducts<double>.Multiply(weights, scaled, product, count, count, _features);
        for (int i = 0; i < count; i++)
        {
            double sum = TensorPrimitives.Sum<double>(weights.AsSpan(i * count, count));
            for (int j = 0; j < _features; j++)
            {
                double x = scaled[i * _features + j];
                gradient[j] -= 0.5 * x * (sum * x - product[i * _features + j]);
            }
        }

        return likelihood;
    }

    private static double Total(ReadOnlySpan<double> variances, int component, bool isOwn) => variances[component] + (isOwn ? variances[component + 1] : 0);

    private static void AddTo(Span<double> gradient, ReadOnlySpan<double> variances, int component, bool isOwn, double value)
    {
        gradient[component] += variances[component] * value;
        if (isOwn)
            gradient[component + 1] += variances[component + 1] * value;
    }

    private double[] Inner(double[] rows, int count)
    {
        var products = new double[count * count + SmallProducts<double>.Slack];
        SmallProducts<double>.MultiplyByTransposed(rows, rows, products, count, _features, count);
        return products;
    }
}
