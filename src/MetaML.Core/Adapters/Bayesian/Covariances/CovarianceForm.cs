using System.Globalization;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>A family of covariances of heads. A member is a point in unbounded coordinates, so each step from a point leads to a covariance.</summary>
/// <param name="PriorTasks">ν: the weight of the family's own prior, as a number of tasks without correlation; 0 for no prior.</param>
/// <remarks>
/// Covariances are in units of the noise variance: Σ̃ = Σ/σ². The family's prior is inverse Wishart, as if ν tasks had the
/// diagonal covariance D: log p = −½ν(log |Σ̃| − log |D| + tr DΣ̃⁻¹). Its maximum over D is −½ν(log |Σ̃| + Σⱼ log (Σ̃⁻¹)ⱼⱼ). This
/// is 0 without correlation and negative with correlation, whatever the variances. A step sets Dⱼⱼ = 1/(Σ̃⁻¹)ⱼⱼ and then
/// Σ̃ as if the second moment C of the heads were (heads · C + νD) / (heads + ν).
/// </remarks>
internal abstract record CovarianceForm(double PriorTasks)
{
    /// <summary>The smallest variance, also of a dimension that does not vary.</summary>
    public const double SmallestVariance = 1e-10;

    private const double LargestVariance = 1e12;

    /// <summary>A variance for each dimension.</summary>
    public static CovarianceForm Diagonal { get; } = new FactorForm(0, 0);

    /// <summary>A variance for each dimension, and directions in which dimensions vary together.</summary>
    /// <param name="factors">Number of directions.</param>
    /// <param name="priorTasks">ν.</param>
    /// <param name="levelTasks">The weight, as a number of tasks, with which variances are shrunk towards a common level; 0 for none.</param>
    public static CovarianceForm OfFactors(int factors, double priorTasks, double levelTasks = 0) => new FactorForm(factors, priorTasks, levelTasks);

    /// <summary>Any covariance.</summary>
    public static CovarianceForm Full(double priorTasks) => new FullForm(priorTasks);

    /// <summary>Number of free parameters of Σ.</summary>
    /// <param name="width">Number of dimensions.</param>
    public abstract int ParametersOf(int width);

    /// <summary>The number of free parameters of a covariance: of a diagonal one, or of any.</summary>
    /// <param name="covariance">Σ [width, width].</param>
    /// <param name="width">Number of dimensions.</param>
    public static int ParametersOf(double[] covariance, int width) =>
        covariance.Where((value, i) => value != 0 && i / width != i % width).Any() ? width * (width + 1) / 2 : width;

    /// <summary>The point of a covariance, or a near point with correlations if the covariance has none.</summary>
    /// <param name="covariance">The start, [width, width].</param>
    /// <param name="width">Embedding + 1.</param>
    public abstract double[] Start(double[] covariance, int width);

    /// <summary>Σ̃ at a point.</summary>
    /// <exception cref="ArithmeticException">Σ̃ is not positive definite in double precision.</exception>
    public abstract Covariance At(double[] point, int width);

    /// <summary>A point under which heads with the given second moment are more likely (the maximisation step of EM).</summary>
    /// <param name="covariance">Σ̃ with which the moment was computed.</param>
    /// <param name="moment">Sum of the heads' second moments about m; overwritten.</param>
    /// <param name="heads">Number of heads.</param>
    public double[] Next(Covariance covariance, SecondMoment moment, int heads)
    {
        var diagonal = new double[covariance.Width];
        if (PriorTasks > 0)
            diagonal = Array.ConvertAll(covariance.PrecisionDiagonal(), precision => PriorTasks / (heads + PriorTasks) / precision);
        moment.ScaleAndAddDiagonal(1 / (heads + PriorTasks), diagonal);
        return Maximize(covariance, moment, heads + PriorTasks);
    }

    /// <summary>The name of the form, for the log.</summary>
    public sealed override string ToString() => Name + (PriorTasks > 0 ? string.Create(CultureInfo.InvariantCulture, $" shrunk with the weight of {PriorTasks} tasks") : "");

    /// <summary>The name without the weight of the family's prior.</summary>
    private protected abstract string Name { get; }

    /// <summary>Log density of the family's prior, up to a constant.</summary>
    public virtual double LogPrior(Covariance covariance) =>
        PriorTasks == 0 ? 0 : -0.5 * PriorTasks * (covariance.LogDeterminant + covariance.PrecisionDiagonal().Sum(Math.Log));

    /// <summary>A point with a higher −½heads(log |Σ̃| + tr CΣ̃⁻¹), plus a log density that is not that of the inverse Wishart.</summary>
    private protected abstract double[] Maximize(Covariance covariance, SecondMoment moment, double heads);

    private protected static double Variance(double value) => Math.Clamp(value, SmallestVariance, LargestVariance);

    private protected static double VarianceAt(double logarithm) => Variance(Math.Exp(logarithm));
}
