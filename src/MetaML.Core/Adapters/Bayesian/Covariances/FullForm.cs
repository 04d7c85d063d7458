using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>Σ̃ = LLᵀ with L lower triangular; the point is L with the logarithm of its diagonal.</summary>
/// <param name="PriorTasks">ν.</param>
internal sealed record FullForm(double PriorTasks) : CovarianceForm(PriorTasks)
{
    // The relative rounding error of a matrix whose smallest eigenvalue is almost 0.
    private const double Slack = 1e-12;

    private protected override string Name => "full";

    public override int ParametersOf(int width) => width * (width + 1) / 2;

    public override double[] Start(double[] covariance, int width)
    {
        double[] point = [.. covariance];
        Cholesky.Factor(point, width);
        return WithLogarithms(point, width);
    }

    public override Covariance At(double[] point, int width)
    {
        double[] lower = [.. point], covariance = new double[width * width];
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Math.Sqrt(VarianceAt(2 * point[j * width + j]));
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++)
                covariance[i * width + j] = covariance[j * width + i] = TensorPrimitives.Dot<double>(lower.AsSpan(i * width, j + 1), lower.AsSpan(j * width, j + 1));
        }

        return DenseCovariance.Of(covariance, width);
    }

    private protected override double[] Maximize(Covariance covariance, SecondMoment moment, double heads)
    {
        int width = covariance.Width;
        double[] values = ((DenseMoment)moment).Values;
        for (int j = 0; j < width; j++)
            values[j * width + j] = Variance(values[j * width + j]) * (1 + Slack);
        Cholesky.Factor(values, width);
        return WithLogarithms(values, width);
    }

    private static double[] WithLogarithms(double[] lower, int width)
    {
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Math.Log(lower[j * width + j]);
        return lower;
    }
}
