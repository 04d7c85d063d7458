using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Maximises the marginal likelihood of the labels of all tasks over m, Σ, and the noise.</summary>
/// <remarks>
/// <para>A step is ECME (Liu and Rubin, 1994; for linear mixed models Laird and Ware, 1982). With the posterior of the head of each
/// task, wₜ ~ N(m + δₜ, σ²S̃ₜ), and τₜ = E[1/σₜ²], it updates m by <see cref="MeanStep"/>, then σ² and a exactly, and then Σ̃ by
/// <see cref="CovarianceForm.Next"/> of the mean of τₜδₜδₜᵀ + S̃ₜ. No step lowers the likelihood times the density of the
/// form's own prior on Σ̃.</para>
/// <para>Two steps in the coordinates of the form suggest a longer one (<see cref="LongerStep"/>). It is used if it is at least as likely. Otherwise the second step is used.</para>
/// <para>Managed code, on all cores, with the same bits for any number of them. For tasks with n rows and an embedding of d values, the
/// memory is O(d · min(n, d)) for each task. The time for each task and step is O(min(n, d) · d²) for a full covariance, and for a diagonal with
/// factors O(n² · d) while n is less than d.</para>
/// </remarks>
internal sealed class PriorSearch
{
    // The gain of a cycle for each head, in nats, below which it is the last: for few features, and for many, whose variances converge slowly
    // but change the likelihood of a head by little.
    private const double Tolerance = 1e-4, ToleranceOfMany = 4e-3;

    private readonly IPriorSums _sums;
    private readonly HeadPrior _start;
    private readonly bool _hasMean;
    private readonly CovarianceForm _form;
    private readonly LongerStep _longer = new();
    private Visited _current;

    /// <summary>Evaluates the start.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="start">The first m, Σ, and noise.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks. If not, m stays.</param>
    /// <param name="form">The family of Σ̃.</param>
    /// <param name="point">Σ̃ in the coordinates of the form; null for that of the start.</param>
    public PriorSearch(IReadOnlyList<TaskEvidence> tasks, HeadPrior start, bool hasMean, CovarianceForm form, double[]? point = null)
        : this(new PriorSums(tasks), start, hasMean, form, point)
    {
    }

    /// <summary>Evaluates the start.</summary>
    /// <param name="sums">Sums over the training tasks.</param>
    /// <param name="start">The first m, Σ, and noise.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks. If not, m stays.</param>
    /// <param name="form">The family of Σ̃.</param>
    /// <param name="point">Σ̃ in the coordinates of the form; null for that of the start.</param>
    public PriorSearch(IPriorSums sums, HeadPrior start, bool hasMean, CovarianceForm form, double[]? point = null)
    {
        _sums = sums;
        _start = start;
        _hasMean = hasMean;
        _form = form;
        _current = Visit(point ?? form.Start(Array.ConvertAll(start.Covariance, value => value / start.NoiseVariance), start.Width), start.Mean, start.NoiseVariance, start.NoiseShape);
    }

    /// <summary>The current prior: Σ, with the best m and noise for it.</summary>
    public HeadPrior Prior => _start with
    {
        Mean = _current.Mean,
        Covariance = Array.ConvertAll(_current.Covariance.Dense, value => value * _current.NoiseVariance),
        NoiseVariance = _current.NoiseVariance,
        NoiseShape = _current.NoiseShape,
    };

    /// <summary>The current Σ̃ in the coordinates of the form.</summary>
    public double[] Point => _current.Point;

    /// <summary>The current log marginal likelihood, plus the log densities of the form's own prior and of m.</summary>
    public double Objective => _current.Objective;

    /// <summary>The number of times that the posteriors of all tasks were computed.</summary>
    public int Steps { get; private set; }

    /// <summary>Searches until a cycle gains almost nothing, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    /// <param name="precision">Below 1 for a search that ends earlier.</param>
    public void Climb(PriorLimits limits, double precision = 1)
    {
        double gain = double.PositiveInfinity, least = (PriorSelection.IsWide(_start.Width) ? ToleranceOfMany : Tolerance) * _sums.Heads / precision;
        while (gain >= least && Steps < limits.Iterations && !limits.IsTimeUp())
        {
            double before = Objective;
            Advance();
            gain = Objective - before;
        }
    }

    /// <summary>One step of ECME.</summary>
    public void Step() => _current = VisitNext(_current);

    /// <summary>Two steps of ECME and the longer step that they suggest.</summary>
    public void Advance()
    {
        Visited first = _current, second = VisitNext(first);
        _current = _longer.Try(first.Point, second.Point, second.Next, point => TryVisit(point, second) is { } third && third.Objective >= second.Objective ? third : null) ?? VisitNext(second);
    }

    /// <summary>log p(y | Z) of other tasks under the current prior.</summary>
    public double LogLikelihood(IReadOnlyList<TaskEvidence> others)
    {
        TaskPosterior[] posteriors = new ScaledHeadPrior(_current.Mean, _current.Covariance).Posteriors(others);
        double likelihood = TaskNoise.LogLikelihood(others, posteriors, _current.NoiseVariance, _current.NoiseShape);
        Array.ForEach(posteriors, posterior => posterior.Dispose());
        return likelihood;
    }

    private Visited VisitNext(Visited before) => Visit(before.Next, before.Mean, before.NoiseVariance, before.NoiseShape);

    private Visited? TryVisit(double[] point, Visited before)
    {
        try
        {
            return Visit(point, before.Mean, before.NoiseVariance, before.NoiseShape);
        }
        catch (ArithmeticException) // the step is so long that a matrix is singular in double precision
        {
            return null;
        }
    }

    private Visited Visit(double[] point, double[][] mean, double variance, double shape)
    {
        Steps++;
        var prior = new ScaledHeadPrior(mean, _form.At(point, _start.Width));
        _sums.Visit(prior);
        if (_hasMean)
        {
            double[][] directions = _sums.MeanDirections(variance, shape, _start.MeanPrecision), moves = MeanStep.Moves(prior.Covariance, directions);
            _sums.Move(directions, moves);
            mean = [.. mean.Zip(moves, (values, move) => values.Zip(move, (value, change) => value + change).ToArray())];
        }

        if (!_start.IsNoiseKnown)
            (variance, shape) = _sums.FitNoise(variance, shape);
        double objective = _sums.LogLikelihood(variance, shape) + _form.LogPrior(prior.Covariance) + HeadPrior.LogDensity(mean, _start.MeanPrecision);
        SecondMoment moment = _sums.Moment(variance, shape);
        _sums.Leave();
        return new Visited(point, prior.Covariance, mean, variance, shape, objective, _form.Next(prior.Covariance, moment, _sums.Heads));
    }

    // A point that was evaluated, its Σ̃, the best m and noise for it, and the point to which a step leads.
    private sealed record Visited(double[] Point, Covariance Covariance, double[][] Mean, double NoiseVariance, double NoiseShape, double Objective, double[] Next);
}
