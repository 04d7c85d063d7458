namespace MetaML.Adapters;

/// <summary>What a prior's covariance may be.</summary>
/// <param name="HasFactor">Whether it is λλᵀ + D, rather than shrunk towards its diagonal.</param>
/// <param name="PriorTasks">ν: as how many tasks without correlation the prior counts; infinite for a diagonal covariance.</param>
internal sealed record CovarianceForm(bool HasFactor, double PriorTasks)
{
    public static readonly CovarianceForm Diagonal = new(false, double.PositiveInfinity);

    public static readonly CovarianceForm OneFactor = new(true, 0);

    public static CovarianceForm Full(double priorTasks) => new(false, priorTasks);

    /// <summary>The share of a covariance off the diagonal that is kept.</summary>
    /// <param name="heads">How many heads it was learned from.</param>
    public double Kept(int heads) => heads / (heads + PriorTasks);
}
