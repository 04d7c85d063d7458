using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Sums over tasks in memory.</summary>
/// <param name="tasks">The training tasks.</param>
internal sealed class PriorSums(IReadOnlyList<TaskEvidence> tasks) : IPriorSums
{
    private ScaledHeadPrior _prior = null!;
    private TaskPosterior[] _posteriors = [];

    /// <inheritdoc/>
    public int Heads { get; } = tasks.Sum(task => task.Outputs);

    /// <inheritdoc/>
    public void Visit(ScaledHeadPrior prior)
    {
        _prior = prior;
        _posteriors = prior.Posteriors(tasks); // of Σ̃ and m alone: they do not depend on σ²
    }

    /// <inheritdoc/>
    public double[][] MeanDirections(double variance, double shape, double precision) => MeanStep.Directions(_prior, _posteriors, Precisions(variance, shape), precision);

    /// <inheritdoc/>
    public double[] MeanVariances(double variance, double shape, double precision) => MeanStep.Variances(_prior.Covariance, _posteriors, Precisions(variance, shape), precision);

    /// <inheritdoc/>
    public void Move(double[][] directions, double[][] moves)
    {
        foreach (TaskPosterior posterior in _posteriors)
            posterior.Move(directions, moves);
    }

    /// <inheritdoc/>
    public (double Variance, double Shape) FitNoise(double variance, double shape) =>
        TaskNoise.Fit(tasks, [.. _posteriors.Select(posterior => posterior.Quadratic)], variance, shape, CovarianceForm.SmallestVariance);

    /// <inheritdoc/>
    public double LogLikelihood(double variance, double shape) => TaskNoise.LogLikelihood(tasks, _posteriors, variance, shape);

    /// <inheritdoc/>
    public SecondMoment Moment(double variance, double shape)
    {
        double[] precisions = Precisions(variance, shape);
        SecondMoment moment = _prior.Covariance.CreateMoment();
        double priors = 0;
        for (int t = 0; t < _posteriors.Length; t++)
        {
            int outputs = _posteriors[t].Shifts.Length;
            _posteriors[t].AddShifts(precisions[t], moment);
            _posteriors[t].AddCovariance(outputs, moment);
            priors += outputs * _posteriors[t].PriorShare;
        }

        moment.AddPrior(priors);
        return moment;
    }

    /// <inheritdoc/>
    public void Leave()
    {
        Array.ForEach(_posteriors, posterior => posterior.Dispose());
        _posteriors = [];
    }

    private double[] Precisions(double variance, double shape) =>
        [.. _posteriors.Select((posterior, t) => TaskNoise.Precision(tasks[t], posterior.Quadratic, variance, shape))];
}
