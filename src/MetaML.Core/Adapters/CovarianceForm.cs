namespace MetaML.Adapters;

/// <summary>What a prior's covariance may be: a point in coordinates without bounds, so that any step stays among covariances.</summary>
/// <remarks>In units of the noise: Σ̃ = Σ/σ².</remarks>
internal abstract record CovarianceForm
{
    /// <summary>The least variance; that of a dimension that does not vary at all.</summary>
    public const double SmallestVariance = 1e-10;

    private const double LargestVariance = 1e12;

    /// <summary>A variance for each dimension.</summary>
    public static CovarianceForm Diagonal { get; } = new DiagonalCovariance();

    /// <summary>λλᵀ + D.</summary>
    public static CovarianceForm OneFactor { get; } = new FactorCovariance();

    /// <summary>Any, with a prior of so many tasks without correlation.</summary>
    public static CovarianceForm Full(double priorTasks) => new FullCovariance(priorTasks);

    /// <summary>A point to set out from.</summary>
    /// <param name="variances">The diagonal, [width].</param>
    public abstract double[] Start(double[] variances);

    /// <summary>Σ̃ at a point, [width, width].</summary>
    public abstract double[] Covariance(double[] point, int width);

    /// <summary>A point at which heads as spread as those that were estimated are more likely (a step of maximisation).</summary>
    /// <param name="point">Where the heads were estimated.</param>
    /// <param name="second">Their mean second moment about m, [width, width]; may be overwritten.</param>
    /// <param name="heads">How many there are.</param>
    /// <param name="width">Embedding + 1.</param>
    public abstract double[] Next(double[] point, double[] second, int heads, int width);

    /// <summary>Log density of a prior on Σ̃, but for a constant.</summary>
    public virtual double LogPrior(double[] point, int width) => 0;

    private protected static double Variance(double value) => Math.Clamp(value, SmallestVariance, LargestVariance);

    private protected static double VarianceAt(double logarithm) => Variance(Math.Exp(logarithm));
}
