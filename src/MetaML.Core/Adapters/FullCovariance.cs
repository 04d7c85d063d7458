using System.Numerics.Tensors;
using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>Σ̃ = LLᵀ, θ = L with the logarithm of its diagonal.</summary>
/// <param name="PriorTasks">ν: as how many tasks without correlation the prior counts.</param>
/// <remarks>
/// Σ̃ ~ inverse Wishart, as if ν tasks had shown the diagonal D: log p = −½ν(log |Σ̃| − log |D| + tr DΣ̃⁻¹), of which the
/// highest over D is −½ν(log |Σ̃| + Σⱼ log (Σ̃⁻¹)ⱼⱼ): 0 without correlation, below 0 with any, whatever the variances. A step
/// sets Dⱼⱼ = 1/(Σ̃⁻¹)ⱼⱼ and Σ̃ = (heads · C + νD) / (heads + ν).
/// </remarks>
internal sealed record FullCovariance(double PriorTasks) : CovarianceForm
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

    public override double[] Next(double[] point, double[] second, int heads, int width)
    {
        double kept = heads / (heads + PriorTasks);
        double[] precision = TaskEvidence.InverseOf(Lower(point, width), width), lower = Array.ConvertAll(second, value => kept * value);
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Variance(lower[j * width + j] + (1 - kept) / precision[j * width + j]) * (1 + Slack);
        Cholesky.Factor(lower, width);
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Math.Log(lower[j * width + j]);
        return lower;
    }

    public override double LogPrior(double[] point, int width)
    {
        double[] lower = Lower(point, width), precision = TaskEvidence.InverseOf(lower, width);
        double sum = TaskEvidence.LogDeterminant(lower, width);
        for (int j = 0; j < width; j++)
            sum += Math.Log(precision[j * width + j]);
        return -0.5 * PriorTasks * sum;
    }

    private static double[] Lower(double[] point, int width)
    {
        double[] lower = [.. point];
        for (int j = 0; j < width; j++)
            lower[j * width + j] = Math.Sqrt(VarianceAt(2 * point[j * width + j]));
        return lower;
    }
}
