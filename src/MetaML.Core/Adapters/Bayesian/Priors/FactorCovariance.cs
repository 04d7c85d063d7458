using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Σ̃ = λλᵀ + diag(exp d), θ = (λ, d): steps of EM for factor analysis (Rubin and Thayer 1982).</summary>
/// <param name="PriorTasks">ν.</param>
internal sealed record FactorCovariance(double PriorTasks) : CovarianceForm(PriorTasks)
{
    // They cost next to nothing beside an expectation over tasks.
    private const int Steps = 3;

    public override double[] Start(double[] variances)
    {
        var random = new Random(0); // any direction will do that is not exactly across the factor
        return [.. variances.Select(variance => Math.Sqrt(variance) * (random.NextDouble() - 0.5)), .. variances.Select(variance => Math.Log(0.7 * variance))];
    }

    public override double[] Covariance(double[] point, int width)
    {
        ReadOnlySpan<double> loadings = point.AsSpan(0, width);
        var covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            MatrixAlgebra.AddScaled(loadings, loadings[i], covariance.AsSpan(i * width, width));
            covariance[i * width + i] += VarianceAt(point[width + i]);
        }

        return covariance;
    }

    // With g = 1 + λᵀD⁻¹λ and β = D⁻¹λ/g: λ = Cβ / (1/g + βᵀCβ), D = diag(C − λβᵀC).
    private protected override double[] Maximize(double[] point, double[] second, int width)
    {
        double[] loadings = point[..width], own = Array.ConvertAll(point[width..], VarianceAt);
        for (int step = 0; step < Steps; step++)
        {
            double g = 1 + loadings.Zip(own, (loading, variance) => loading * loading / variance).Sum();
            double[] weights = [.. loadings.Zip(own, (loading, variance) => loading / (variance * g))]; // β
            double[] covariances = MatrixAlgebra.Multiply(second, weights); // Cβ
            double scale = 1 / g + TensorPrimitives.Dot<double>(weights, covariances);
            loadings = [.. covariances.Select(value => value / scale)];
            own = [.. Enumerable.Range(0, width).Select(j => Variance(second[j * width + j] - loadings[j] * covariances[j]))];
        }

        return [.. loadings, .. own.Select(variance => Math.Log(variance))];
    }
}
