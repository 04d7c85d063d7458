using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Climbs to the prior of heads under which all tasks' classes are most likely: wₜ ~ N(m, Σ), P(y) = σ(wᵀz̃), or softmax of more than two classes.</summary>
/// <remarks>
/// <para>A round puts each task's rows into the form of values with known noise, as <see cref="LogisticTask"/> does under the prior
/// so far, and then finds the most likely prior of those as of any values (<see cref="PriorSearch"/>). Both have the same
/// gradient where the round began. The sum of the tasks' bounds on their log marginal likelihoods (and of the form's own prior)
/// never falls: where a round's prior would lower it, a single step from where the round began is taken in its place, and where
/// that would too, none.</para>
/// <para>Managed code, on all cores. A round costs O(rows · embedding²) for each task.</para>
/// </remarks>
internal sealed class LogisticPrior
{
    // The gain of a round for each head, in nats, below which it is the last.
    private const double Tolerance = 1e-3;

    private const int MaximumRounds = 50;

    private readonly LogisticTask[] _tasks;
    private readonly bool _hasMean;
    private readonly CovarianceForm _form;
    private readonly int _iterations;
    private Place _place;

    /// <summary>Stands at the start.</summary>
    /// <param name="tasks">Every training task that has a head.</param>
    /// <param name="start">What it has of m and variances; see <see cref="Start"/>.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks; else m stays.</param>
    /// <param name="form">What Σ may be.</param>
    /// <param name="iterations">The largest number of steps of a round's search.</param>
    public LogisticPrior(LogisticTask[] tasks, HeadPrior start, bool hasMean, CovarianceForm form, int iterations)
    {
        _tasks = tasks;
        _hasMean = hasMean;
        _form = form;
        _iterations = iterations;
        int width = start.Width;
        double[] point = form.Start([.. Enumerable.Range(0, width).Select(j => start.Covariance[j * width + j])]);
        _place = Visit(point, start with { Covariance = form.Covariance(point, width) });
    }

    /// <summary>m of each head, and Σ; the noise is 1.</summary>
    public HeadPrior Prior => _place.Prior;

    /// <summary>Sum of the tasks' bounds on their log marginal likelihoods, and log density of the form's own prior.</summary>
    public double Bound => _place.Bound;

    /// <summary>What the tasks' rows say, under the prior.</summary>
    public TaskEvidence[] Evidence => _place.Evidence;

    /// <summary>From heads about which nothing is known.</summary>
    /// <param name="tasks">Every training task that has a head.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="heads">Of m; 1 where it is 0.</param>
    public static HeadPrior Start(LogisticTask[] tasks, int width, int heads) =>
        HeadPrior.Start(Array.ConvertAll(tasks, task => task.First()), width, heads, noise: null);

    /// <summary>Goes on until a round gains next to nothing.</summary>
    public LogisticPrior Climb()
    {
        double gain = double.PositiveInfinity, least = Tolerance * _tasks.Sum(task => task.Heads);
        for (int round = 0; round < MaximumRounds && gain >= least; round++)
        {
            double before = Bound;
            Advance();
            gain = Bound - before;
        }

        return this;
    }

    /// <summary>A round.</summary>
    public void Advance()
    {
        foreach (int iterations in new[] { _iterations, 1 })
        {
            if (TryVisit(iterations) is { } next && next.Bound >= Bound)
            {
                _place = next;
                return;
            }
        }
    }

    private Place? TryVisit(int iterations)
    {
        try
        {
            var search = new PriorSearch(Evidence, Prior, _hasMean, _form, _place.Point);
            if (iterations > 1)
                search.Climb(iterations);
            else
                search.Step();
            return Visit(search.Point, search.Prior);
        }
        catch (ArithmeticException) // so far that the matrices there are singular to working precision
        {
            return null;
        }
    }

    private Place Visit(double[] point, HeadPrior prior)
    {
        ScaledHeadPrior relative = ScaledHeadPrior.Of(prior.Mean, prior.Covariance);
        double[] root = [.. prior.Covariance];
        Cholesky.Factor(root, prior.Width);
        var posteriors = new (TaskEvidence Evidence, double Bound)[_tasks.Length];
        try
        {
            Parallel.For(0, _tasks.Length, t => posteriors[t] = _tasks[t].Under(relative, root));
        }
        catch (AggregateException exception) when (exception.InnerException is ArithmeticException inner)
        {
            throw inner;
        }

        double bound = posteriors.Sum(posterior => posterior.Bound) + _form.LogPrior(prior.Covariance, prior.Width);
        return new Place(point, prior, bound, Array.ConvertAll(posteriors, posterior => posterior.Evidence));
    }

    // A point that was visited, its m, and the tasks there.
    private sealed record Place(double[] Point, HeadPrior Prior, double Bound, TaskEvidence[] Evidence);
}
