using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>Σ̃ = LLᵀ + diag(exp d), with the point (L by columns, d): steps of EM for factor analysis (Rubin and Thayer, 1982).</summary>
/// <param name="Factors">Number of columns of L; 0 for a diagonal covariance.</param>
/// <param name="PriorTasks">ν.</param>
/// <remarks>A step costs O(width · factors²).</remarks>
internal sealed record FactorForm(int Factors, double PriorTasks) : CovarianceForm(PriorTasks)
{
    private const double NewShare = 0.3; // of the variances that a new factor starts with

    public override int ParametersOf(int width) => width + Factors * width - Factors * (Factors - 1) / 2;

    public override double[] Start(double[] covariance, int width)
    {
        // A random direction is not exactly orthogonal to the factor that is sought.
        var random = new Random(0);
        double[] variances = [.. Enumerable.Range(0, width).Select(j => covariance[j * width + j])];
        if (Factors == 0)
            return Array.ConvertAll(variances, Math.Log);
        return
        [
            .. Enumerable.Range(0, Factors).SelectMany(_ => variances.Select(variance => Math.Sqrt(variance / Factors) * (random.NextDouble() - 0.5))),
            .. variances.Select(variance => Math.Log((1 - NewShare) * variance)),
        ];
    }

    public override Covariance At(double[] point, int width) =>
        FactorCovariance.Of(Array.ConvertAll(point[(Factors * width)..], VarianceAt), point[..(Factors * width)]);

    // With B = Σ̃⁻¹L: L' = CB(I − BᵀL + BᵀCB)⁻¹, D' = diag(C − L'BᵀC).
    private protected override double[] Maximize(Covariance covariance, SecondMoment moment)
    {
        var prior = (FactorCovariance)covariance;
        var sums = (FactorMoment)moment;
        int width = prior.Width;
        double[] system = new double[Factors * Factors], loadings = [.. sums.Products];
        for (int i = 0; i < Factors; i++)
        {
            for (int k = 0; k < Factors; k++)
                system[i * Factors + k] = (i == k ? 1 : 0) + TensorPrimitives.Dot(prior.WeightsOf(i), sums.Products.AsSpan(k * width, width)) - TensorPrimitives.Dot(prior.WeightsOf(i), prior.Column(k));
        }

        Cholesky.Solve(system, Factors, loadings, width);
        double[] own = [.. sums.Diagonal];
        for (int k = 0; k < Factors; k++)
        {
            for (int j = 0; j < width; j++)
                own[j] -= loadings[k * width + j] * sums.Products[k * width + j];
        }

        return [.. loadings, .. own.Select(value => Math.Log(Variance(value)))];
    }
}
