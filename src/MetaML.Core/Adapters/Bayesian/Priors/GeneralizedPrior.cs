using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Finds the prior of heads under which the classes or counts of all tasks are most likely: wₜ ~ N(m, Σ), P(y) = σ(wᵀz̃), the softmax for more than two classes, or counts with the mean exp(wᵀz̃).</summary>
/// <remarks>
/// <para>A round replaces the rows of each task by values with known noise (<see cref="GeneralizedTask"/> under the current prior)
/// and then finds the most likely prior of these values (<see cref="PriorSearch"/>). At the start of the round, both problems have the same
/// gradient. The sum of the bounds on the log marginal likelihoods of the tasks, plus the log densities of the form's own prior and of m,
/// never falls. If the prior of a round would lower it, a single step from the start of the round is tried instead. If that fails too, the prior stays.</para>
/// <para>Managed code, on all cores. A round costs O(rows · embedding²) for each task.</para>
/// </remarks>
internal sealed class GeneralizedPrior
{
    // The gain of a round for each head, in nats, below which it is the last round.
    private const double Tolerance = 1e-3;

    private const int MaximumRounds = 50;

    private readonly GeneralizedTask[] _tasks;
    private readonly bool _hasMean;
    private readonly CovarianceForm _form;
    private readonly PriorLimits _limits;
    private Visited _current;

    /// <summary>Evaluates the start.</summary>
    /// <param name="tasks">The training tasks with a head.</param>
    /// <param name="start">The first m and Σ; see <see cref="Start"/>.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks. If not, m stays.</param>
    /// <param name="form">The family of Σ.</param>
    /// <param name="limits">The number of steps of the search of a round, and the time.</param>
    /// <param name="point">Σ in the coordinates of the form; null for that of the start.</param>
    public GeneralizedPrior(GeneralizedTask[] tasks, HeadPrior start, bool hasMean, CovarianceForm form, PriorLimits limits, double[]? point = null)
    {
        _tasks = tasks;
        _hasMean = hasMean;
        _form = form;
        _limits = limits;
        int width = start.Width;
        point ??= form.Start(start.Covariance, width);
        _current = Visit(point, start with { Covariance = form.At(point, width).Dense });
    }

    /// <summary>m of each head, and Σ; the noise is 1.</summary>
    public HeadPrior Prior => _current.Prior;

    /// <summary>Σ in the coordinates of the form.</summary>
    public double[] Point => _current.Point;

    /// <summary>Sum of the bounds on the log marginal likelihoods of the tasks, plus the log densities of the form's own prior and of m.</summary>
    public double Bound => _current.Bound;

    /// <summary>The evidence of the rows of each task under the prior.</summary>
    public TaskEvidence[] Evidence => _current.Evidence;

    /// <summary>A start for heads with a flat prior.</summary>
    /// <param name="tasks">The training tasks with a head.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="heads">Number of heads of m; 1 if m is 0.</param>
    public static HeadPrior Start(GeneralizedTask[] tasks, int width, int heads) =>
        HeadPrior.Start(Array.ConvertAll(tasks, task => task.First()), width, heads, noise: null);

    /// <summary>Searches until a round gains almost nothing, or a limit is reached.</summary>
    public GeneralizedPrior Climb()
    {
        double gain = double.PositiveInfinity, least = Tolerance * _tasks.Sum(task => task.Heads);
        for (int round = 0; round < Math.Min(MaximumRounds, _limits.Iterations) && gain >= least && !_limits.IsTimeUp(); round++)
        {
            double before = Bound;
            Advance();
            gain = Bound - before;
        }

        return this;
    }

    /// <summary>One round.</summary>
    public void Advance()
    {
        foreach (int iterations in new[] { _limits.Iterations, 1 })
        {
            if (TryVisit(iterations) is { } next && next.Bound >= Bound)
            {
                _current = next;
                return;
            }
        }
    }

    private Visited? TryVisit(int iterations)
    {
        try
        {
            var search = new PriorSearch(Evidence, Prior, _hasMean, _form, _current.Point);
            if (iterations > 1)
                search.Climb(_limits with { Iterations = iterations });
            else
                search.Step();
            return Visit(search.Point, search.Prior);
        }
        catch (ArithmeticException) // the step is so long that a matrix is singular in double precision
        {
            return null;
        }
    }

    private Visited Visit(double[] point, HeadPrior prior)
    {
        double[] root = [.. prior.Covariance];
        Cholesky.Factor(root, prior.Width);
        var posteriors = new (TaskEvidence Evidence, double Bound)[_tasks.Length];
        ParallelLoop.For(_tasks.Length, t => posteriors[t] = _tasks[t].Under(prior.Mean, root));
        double bound = posteriors.Sum(posterior => posterior.Bound) + _form.LogPrior(_form.At(point, prior.Width)) + HeadPrior.LogDensity(prior.Mean, prior.MeanPrecision);
        return new Visited(point, prior, bound, Array.ConvertAll(posteriors, posterior => posterior.Evidence));
    }

    // A point that was evaluated, its prior, and the evidence of the tasks there.
    private sealed record Visited(double[] Point, HeadPrior Prior, double Bound, TaskEvidence[] Evidence);
}
