using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>What a prior's covariance may be: a point in coordinates without bounds, so that any step stays among covariances.</summary>
/// <param name="PriorTasks">ν: as how many tasks without correlation the form's own prior counts; 0 for none.</param>
/// <remarks>
/// In units of the noise: Σ̃ = Σ/σ². The prior is inverse Wishart, as if ν tasks had shown the diagonal D:
/// log p = −½ν(log |Σ̃| − log |D| + tr DΣ̃⁻¹), of which the highest over D is −½ν(log |Σ̃| + Σⱼ log (Σ̃⁻¹)ⱼⱼ): 0 without
/// correlation, below 0 with any, whatever the variances. A step sets Dⱼⱼ = 1/(Σ̃⁻¹)ⱼⱼ and then Σ̃ as if its heads' second
/// moment C were (heads · C + νD) / (heads + ν).
/// </remarks>
internal abstract record CovarianceForm(double PriorTasks)
{
    /// <summary>The least variance; that of a dimension that does not vary at all.</summary>
    public const double SmallestVariance = 1e-10;

    private const double LargestVariance = 1e12;

    /// <summary>A variance for each dimension.</summary>
    public static CovarianceForm Diagonal { get; } = new DiagonalCovariance();

    /// <summary>A variance for each, and one direction in which all go together.</summary>
    public static CovarianceForm OneFactor(double priorTasks) => new FactorCovariance(priorTasks);

    /// <summary>Any.</summary>
    public static CovarianceForm Full(double priorTasks) => new FullCovariance(priorTasks);

    /// <summary>A point to set out from.</summary>
    /// <param name="variances">The diagonal, [width].</param>
    public abstract double[] Start(double[] variances);

    /// <summary>Σ̃ at a point, [width, width].</summary>
    public abstract double[] Covariance(double[] point, int width);

    /// <summary>A point at which heads as spread as those that were estimated are more likely (a step of maximisation).</summary>
    /// <param name="point">Where the heads were estimated.</param>
    /// <param name="second">C: their mean second moment about m, [width, width]; overwritten.</param>
    /// <param name="heads">How many there are.</param>
    /// <param name="width">Embedding + 1.</param>
    public double[] Next(double[] point, double[] second, int heads, int width)
    {
        if (PriorTasks > 0)
        {
            double[] precision = Precision(Covariance(point, width), width, out _);
            double kept = heads / (heads + PriorTasks);
            TensorPrimitives.Multiply(second, kept, second);
            for (int j = 0; j < width; j++)
                second[j * width + j] += (1 - kept) / precision[j * width + j];
        }

        for (int j = 0; j < width; j++)
            second[j * width + j] = Variance(second[j * width + j]);
        return Maximize(point, second, width);
    }

    /// <summary>Log density of the form's prior, but for a constant.</summary>
    /// <param name="covariance">Σ̃ [width, width].</param>
    /// <param name="width">Embedding + 1.</param>
    public double LogPrior(double[] covariance, int width)
    {
        if (PriorTasks == 0)
            return 0;
        double[] precision = Precision(covariance, width, out double sum);
        for (int j = 0; j < width; j++)
            sum += Math.Log(precision[j * width + j]);
        return -0.5 * PriorTasks * sum;
    }

    /// <summary>A point of higher −log |Σ̃| − tr CΣ̃⁻¹.</summary>
    private protected abstract double[] Maximize(double[] point, double[] second, int width);

    private static double[] Precision(double[] covariance, int width, out double logDeterminant)
    {
        double[] lower = [.. covariance];
        Cholesky.Factor(lower, width);
        logDeterminant = MatrixAlgebra.LogDeterminant(lower, width);
        return MatrixAlgebra.InverseOf(lower, width);
    }

    private protected static double Variance(double value) => Math.Clamp(value, SmallestVariance, LargestVariance);

    private protected static double VarianceAt(double logarithm) => Variance(Math.Exp(logarithm));
}
