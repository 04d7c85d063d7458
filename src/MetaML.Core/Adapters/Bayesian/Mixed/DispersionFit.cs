using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>The dispersion of negative binomial counts: the most likely one, by Laplace's approximation, for heads with a diagonal covariance.</summary>
internal static class DispersionFit
{
    /// <summary>The dispersion at the start of a search.</summary>
    public static readonly CountLikelihood Start = new(0.3);

    // The largest width of which all dimensions vary: the cost is cubic in them.
    private const int MostVarying = 51;

    // Enough for a precise dispersion.
    private const int MostTasks = 500;

    /// <summary>The distribution of counts.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="width">Embedding + 1. If it is large, the intercept alone varies.</param>
    /// <param name="limits">The number of steps and the time.</param>
    public static CountLikelihood Fit(IReadOnlyList<EmbeddedTask> tasks, int width, PriorLimits limits)
    {
        EmbeddedTask[] some = TaskSubset.Some(tasks, MostTasks);
        var design = new MixedDesign(width, width <= MostVarying ? [.. Enumerable.Range(0, width)] : [width - 1], 0);
        GeneralizedTask[] first = Array.ConvertAll(some, task => new GeneralizedTask(LabelKind.Regression, task, width, Start));
        MixedPrior start = new MixedGeneralizedFit(first, Array.ConvertAll(some, _ => Array.Empty<double>()), design, shrinksCovariates: false, limits).FitDiagonal().Prior with { Counts = Start };
        LaplaceTask[] laplace = Array.ConvertAll(some, task => new LaplaceTask(task, width, 0));
        return new LaplaceSearch(laplace, design, start, PriorCovariance.Diagonal).Climb(limits).Prior.Counts!;
    }
}
