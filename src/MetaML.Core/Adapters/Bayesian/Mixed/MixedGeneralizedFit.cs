using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Fits a <see cref="MixedPrior"/> to class labels or counts, in rounds as <see cref="GeneralizedPrior"/>.</summary>
/// <remarks>A round replaces the rows of each task by values with known noise under the current prior (<see cref="GeneralizedTask"/>), and then finds the most likely prior of these values (<see cref="MixedSearch"/>).</remarks>
/// <param name="tasks">The training tasks with a head.</param>
/// <param name="covariates">u of each task.</param>
/// <param name="design">The coefficients.</param>
/// <param name="shrinksCovariates">Whether the effects of covariates are shrunk.</param>
/// <param name="limits">The number of steps of the search of a round, and the time.</param>
internal sealed class MixedGeneralizedFit(GeneralizedTask[] tasks, double[][] covariates, MixedDesign design, bool shrinksCovariates, PriorLimits limits)
{
    // The change of the bound for each head, in nats, below which a round is the last.
    private const double Tolerance = 1e-3;

    private const int MaximumRounds = 50;

    /// <summary>Fits the prior.</summary>
    /// <param name="chooseForm">The form of Σ, from the evidence of the tasks about their means.</param>
    public MixedPrior Fit(Func<TaskEvidence[], CovarianceForm> chooseForm)
    {
        var (diagonal, evidence) = FitDiagonal();
        CovarianceForm form = chooseForm([.. evidence.Select((task, t) => task.About(MeansOf(diagonal, t), design.Varying))]);
        return form == CovarianceForm.Diagonal || limits.IsTimeUp() ? diagonal : Climb(form, diagonal).Prior;
    }

    /// <summary>Fits the prior with a diagonal covariance.</summary>
    /// <returns>The prior, and the evidence of each task under it.</returns>
    public (MixedPrior Prior, TaskEvidence[] Evidence) FitDiagonal()
    {
        double[][] zeros = [.. Enumerable.Range(0, tasks[0].Heads).Select(_ => new double[design.Size])];
        return Climb(CovarianceForm.Diagonal, new MixedPrior(zeros, GeneralizedPrior.Start(tasks, design.Varying.Length, tasks[0].Heads)));
    }

    private (MixedPrior Prior, TaskEvidence[] Evidence) Climb(CovarianceForm form, MixedPrior prior)
    {
        var (evidence, bound) = Under(prior);
        double change = double.PositiveInfinity, least = Tolerance * tasks.Sum(task => task.Heads);
        for (int round = 0; round < MaximumRounds && change >= least && !limits.IsTimeUp(); round++)
        {
            MixedTask[] values = [.. evidence.Select((task, t) => new MixedTask(task, MixedTask.FormOf(task), covariates[t]))];
            prior = new MixedSearch(new MixedRegression(values, design), form, prior, shrinksCovariates).Climb(limits).Prior;
            double before = bound;
            (evidence, bound) = Under(prior);
            change = Math.Abs(bound - before);
        }

        return (prior, evidence);
    }

    // The evidence of the rows of each task under a prior, and the sum of the bounds on their log likelihoods.
    private (TaskEvidence[] Evidence, double Bound) Under(MixedPrior prior)
    {
        double[] root = design.Spread(prior.Varying.Covariance);
        Cholesky.FactorSemidefinite(root, design.Width);
        var posteriors = new (TaskEvidence Evidence, double Bound)[tasks.Length];
        Parallel.For(0, tasks.Length, t => posteriors[t] = tasks[t].Under(MeansOf(prior, t), root));
        return (Array.ConvertAll(posteriors, posterior => posterior.Evidence), posteriors.Sum(posterior => posterior.Bound));
    }

    private double[][] MeansOf(MixedPrior prior, int task) => [.. prior.Coefficients.Select(values => design.MeanOf(values, covariates[task]))];
}
