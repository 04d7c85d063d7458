using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Σ̃ = LLᵀ, θ = L with the logarithm of its diagonal.</summary>
/// <param name="PriorTasks">ν.</param>
internal sealed record FullCovariance(double PriorTasks) : CovarianceForm(PriorTasks)
{
    // What rounding may cost a matrix that has no smallest eigenvalue to speak of.
    private const double Slack = 1e-12;

    public override double[] Start(double[] variances)
    {
        int width = variances.Length;
        var point = new double[width * width];
        for (int j = 0; j < width; j++)
            point[j * width + j] = 0.5 * Math.Log(variances[j]);
        return point;
    }

    public override double[] Covariance(double[] point, int width)
    {
        double[] lower = Lower(point, width), covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++)
                covariance[i * width + j] = covariance[j * width + i] = TensorPrimitives.Dot<double>(lower.AsSpan(i * width, j + 1), lower.AsSpan(j * width, j + 1));
        }

        return covariance;
    }

    private protected override double[] Maximize(double[] point, double[] second, int width)
    {
        for (int j = 0; j < width; j++)
            second[j * width + j] *= 1 + Slack;
        Cholesky.Factor(second, width);
        for (int j = 0; j < width; j++)
            second[j * width + j] = Math.Log(second[j * width + j]);
        return second;
    }

    private static double[] Lower(double[] point, int width)
    {
        double[] lower = [.. point];
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Math.Sqrt(VarianceAt(2 * point[j * width + j]));
        return lower;
    }
}
