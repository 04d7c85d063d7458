using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Fits a <see cref="MixedPrior"/>: from a diagonal covariance to the given form.</summary>
/// <param name="tasks">The training tasks, all with the same outputs.</param>
/// <param name="design">The coefficients.</param>
/// <param name="isExact">Whether nothing is shrunk.</param>
/// <param name="limits">The number of steps of each search, and the time.</param>
internal sealed class MixedFit(IReadOnlyList<MixedTask> tasks, MixedDesign design, bool isExact, PriorLimits limits)
{
    // Numbers in the products of all tasks.
    private const double MostValues = 3e7;

    // The covariance of more coefficients is not given.
    private const int MostReported = 512;

    private const int FewestTasks = 20;

    private readonly MixedRegression _regression = new(tasks, design);

    // Few tasks say little about many covariates, even if nothing else is shrunk.
    private bool ShrinksCovariates => !isExact || design.Covariates >= tasks.Count - 1;

    /// <summary>The largest number of tasks of a fit or a summary, since the products of all tasks are in memory.</summary>
    /// <param name="width">Embedding + 1.</param>
    public static int MostTasks(int width) => (int)Math.Max(MostValues / ((double)width * width), FewestTasks);

    /// <summary>Whether a prior that was found in another way can be summarised at a bounded cost.</summary>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="tasks">Number of tasks.</param>
    public static bool CanSummarize(int width, int tasks) => width <= MostReported && tasks <= MostTasks(width);

    /// <summary>The summary of a prior.</summary>
    /// <param name="prior">With its likelihood and the covariance of its coefficients.</param>
    /// <param name="tasks">The tasks that it was learned from.</param>
    /// <param name="covarianceParameters">Number of free parameters of Σ.</param>
    public static PriorSummary Summary(MixedPrior prior, IReadOnlyList<TaskEvidence> tasks, int covarianceParameters) =>
        Summary(prior, tasks.Count, tasks.Sum(task => (long)task.RowCount), covarianceParameters + (double.IsInfinity(prior.Varying.NoiseShape) ? 1 : 2));

    /// <summary>The summary of a prior.</summary>
    /// <param name="prior">With its likelihood and the covariance of its coefficients.</param>
    /// <param name="tasks">Number of the tasks that it was learned from.</param>
    /// <param name="rows">Number of their rows.</param>
    /// <param name="varianceParameters">Number of free parameters of Σ, and of the noise or the dispersion.</param>
    public static PriorSummary Summary(MixedPrior prior, int tasks, long rows, int varianceParameters) =>
        new(prior.LogLikelihood, tasks, rows, varianceParameters, prior.Coefficients[0].Length <= MostReported ? prior.CoefficientCovariance : []);

    /// <summary>The summary of a prior without covariates and fixed effects.</summary>
    /// <param name="prior">The prior.</param>
    /// <param name="tasks">The tasks that it was learned from.</param>
    public static PriorSummary Summary(HeadPrior prior, IReadOnlyList<TaskEvidence> tasks)
    {
        var fit = new MixedFit([.. tasks.Select(task => MixedTask.Of(task, [], 0))], new MixedDesign(prior.Width, [.. Enumerable.Range(0, prior.Width)], 0), isExact: false, PriorLimits.None);
        return Summary(fit.Evaluate(new MixedPrior(prior.Mean, prior)), tasks, CovarianceForm.ParametersOf(prior.Covariance, prior.Width));
    }

    /// <summary>Fits the prior.</summary>
    /// <param name="noise">Whether tasks have their own noise; null if σ² is known to be 1.</param>
    /// <param name="chooseForm">The form of Σ, from the evidence of the tasks about their means.</param>
    /// <returns>The prior, and the number of free parameters of Σ.</returns>
    public (MixedPrior Prior, int CovarianceParameters) Fit(PriorNoise? noise, Func<TaskEvidence[], CovarianceForm> chooseForm)
    {
        MixedPrior diagonal = Search(CovarianceForm.Diagonal, Start(noise));
        CovarianceForm form = chooseForm([.. About(diagonal)]);
        return (form == CovarianceForm.Diagonal ? diagonal : Search(form, diagonal), form.ParametersOf(design.Varying.Length));
    }

    /// <summary>Fits the prior by maximum likelihood.</summary>
    /// <param name="noise">Whether tasks have their own noise.</param>
    /// <param name="covariance">The form of Σ: diagonal, one factor, or full.</param>
    /// <returns>The prior, and the number of free parameters of Σ.</returns>
    public (MixedPrior Prior, int CovarianceParameters) FitLikelihood(PriorNoise? noise, PriorCovariance covariance)
    {
        if (ShrinksCovariates)
            return Fit(noise, _ => covariance switch { PriorCovariance.Full => CovarianceForm.Full(0), PriorCovariance.OneFactor => CovarianceForm.OfFactors(1, 0), _ => CovarianceForm.Diagonal });
        MixedPrior start = Search(CovarianceForm.Diagonal, Start(noise));
        LikelihoodSearch search = new LikelihoodSearch(_regression, start, covariance).Climb(limits);
        return (search.Prior, search.CovarianceParameters);
    }

    /// <summary>Fits a diagonal prior.</summary>
    /// <param name="noise">Whether tasks have their own noise.</param>
    public MixedPrior FitDiagonal(PriorNoise? noise) => Search(CovarianceForm.Diagonal, Start(noise));

    /// <summary>The log likelihood and the covariance of coefficients of a prior that is known.</summary>
    private MixedPrior Evaluate(MixedPrior prior)
    {
        HeadPrior varying = prior.Varying;
        double[] lower = Array.ConvertAll(varying.Covariance, value => value / varying.NoiseVariance);
        Cholesky.FactorSemidefinite(lower, varying.Width);
        HeadDeviation[] deviations = _regression.Integrate(lower);
        double[] quadratics = _regression.Quadratics(deviations, prior.Coefficients);
        double[] information = _regression.Information(deviations, _regression.Precisions(quadratics, varying.NoiseVariance, varying.NoiseShape), new double[design.Size]);
        return prior with
        {
            LogLikelihood = _regression.LogLikelihood(deviations, quadratics, varying.NoiseVariance, varying.NoiseShape),
            CoefficientCovariance = Cholesky.Inverse(information, design.Size),
        };
    }

    private MixedPrior Start(PriorNoise? noise) => new(
        [.. Enumerable.Range(0, _regression.Outputs).Select(_ => new double[design.Size])],
        HeadPrior.Start(_regression.Evidence, design.Varying.Length, _regression.Outputs, noise));

    private MixedPrior Search(CovarianceForm form, MixedPrior start) => new MixedSearch(_regression, form, start, ShrinksCovariates).Climb(limits).Prior;

    private IEnumerable<TaskEvidence> About(MixedPrior prior) => tasks.Select((task, t) =>
        task.Evidence.About([.. prior.Coefficients.Select(values => _regression.MeanOf(t, values))], design.Varying));
}
