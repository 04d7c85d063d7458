using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The tasks of a shard, which give sums under priors. For one thread at a time.</summary>
/// <param name="tasks">The tasks, at least one, with the same outputs.</param>
internal sealed class PriorShard(IReadOnlyList<TaskEvidence> tasks) : IDisposable
{
    private readonly double _count = tasks.Sum(task => task.Weight * task.Outputs), _squaredLabels = tasks.Sum(task => task.SquaredLabels);
    private TaskPosterior[] _posteriors = [];
    private PriorPoint? _point; // of the posteriors, before a move

    /// <summary>The sums under a prior.</summary>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    public ShardSums Visit(PriorPoint point)
    {
        Dispose();
        ScaledHeadPrior prior = point.ToPrior();
        _posteriors = prior.Posteriors(tasks);
        _point = point;
        return Sums(prior.Covariance);
    }

    /// <summary>The sums after a change of m; see <see cref="TaskPosterior.Move"/>. The same bits, whether the shard was at the point before or not.</summary>
    /// <param name="point">The prior before the change.</param>
    /// <param name="directions">c [outputs][width].</param>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    public ShardSums Move(PriorPoint point, double[][] directions)
    {
        ScaledHeadPrior prior = point.ToPrior();
        if (_point?.IsSameAs(point) != true)
        {
            Dispose();
            _posteriors = prior.Posteriors(tasks);
        }

        _point = null;
        double[][] moves = MeanStep.Moves(prior.Covariance, directions);
        foreach (TaskPosterior posterior in _posteriors)
            posterior.Move(directions, moves);
        return Sums(prior.Covariance);
    }

    /// <summary>Frees the posteriors.</summary>
    public void Dispose()
    {
        Array.ForEach(_posteriors, posterior => posterior.Dispose());
        (_posteriors, _point) = ([], null);
    }

    private ShardSums Sums(Covariance covariance)
    {
        int width = covariance.Width, outputs = _posteriors[0].Shifts.Length;
        double[][] shifts = [.. Enumerable.Range(0, outputs).Select(_ => new double[width])];
        DenseMoment squares = new(covariance), covariances = new(covariance);
        foreach (TaskPosterior posterior in _posteriors)
        {
            for (int k = 0; k < outputs; k++)
                MatrixAlgebra.AddScaled(posterior.Shifts[k], 1, shifts[k]);
            posterior.AddShifts(1, squares);
            posterior.AddCovariance(1, covariances);
        }

        return new ShardSums
        {
            Tasks = tasks.Count,
            Count = _count,
            SquaredLabels = _squaredLabels,
            Shifts = shifts,
            Squares = squares.Values,
            Covariances = covariances.Values,
            PriorShare = _posteriors.Sum(posterior => posterior.PriorShare),
            Quadratic = _posteriors.Sum(posterior => posterior.Quadratic),
            LogDeterminant = _posteriors.Sum(posterior => posterior.LogDeterminant),
        };
    }
}
