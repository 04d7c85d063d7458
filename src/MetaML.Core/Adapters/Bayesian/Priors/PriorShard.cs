using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The tasks of a shard, which give sums under priors. For one thread at a time.</summary>
/// <param name="tasks">The tasks, at least one, with the same outputs.</param>
internal sealed class PriorShard(IReadOnlyList<TaskEvidence> tasks) : IDisposable
{
    private readonly double _count = tasks.Sum(task => task.Weight * task.Outputs), _squaredLabels = tasks.Sum(task => task.SquaredLabels);
    private TaskPosterior[]? _posteriors; // their memory serves all priors
    private PriorPoint? _point; // of the posteriors, before a move
    private double[] _covariances = []; // of the posteriors

    /// <summary>The sums under a prior. Those of δδᵀ and q are left to <see cref="Move"/>.</summary>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    public ShardSums Visit(PriorPoint point)
    {
        TaskPosterior[] posteriors = Begin(point);
        int width = point.Mean[0].Length;
        double[][] shifts = [.. point.Mean.Select(_ => new double[width])];
        foreach (TaskPosterior posterior in posteriors)
        {
            for (int k = 0; k < shifts.Length; k++)
                MatrixAlgebra.AddScaled(posterior.Shifts[k], 1, shifts[k]);
        }

        return Sums(posteriors, shifts, new double[width * width], 0);
    }

    /// <summary>The sums after a change of m; see <see cref="TaskPosterior.Move"/>. The same bits, whether the shard was at the point before or not. That of δ is 0.</summary>
    /// <param name="point">The prior before the change.</param>
    /// <param name="directions">c [outputs][width].</param>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    public ShardSums Move(PriorPoint point, double[][] directions)
    {
        TaskPosterior[] posteriors = _posteriors is { } known && _point?.IsSameAs(point) == true ? known : Begin(point);
        _point = null;
        Covariance covariance = point.ToPrior().Covariance;
        double[][] moves = MeanStep.Moves(covariance, directions);
        var squares = new DenseMoment(covariance);
        double quadratic = 0;
        foreach (TaskPosterior posterior in posteriors)
        {
            posterior.Move(directions, moves);
            posterior.AddShifts(1, squares);
            quadratic += posterior.Quadratic;
        }

        return Sums(posteriors, [.. directions.Select(direction => new double[direction.Length])], squares.Values, quadratic);
    }

    /// <summary>Frees the posteriors.</summary>
    public void Dispose()
    {
        Array.ForEach(_posteriors ?? [], posterior => posterior.Dispose());
        (_posteriors, _point) = (null, null);
    }

    private TaskPosterior[] Begin(PriorPoint point)
    {
        ScaledHeadPrior prior = point.ToPrior();
        TaskPosterior[]? before = _posteriors;
        (_posteriors, _point) = (null, null); // lost if a system is singular
        _posteriors = prior.Posteriors(tasks, before);
        _point = point;
        var covariances = new DenseMoment(prior.Covariance);
        foreach (TaskPosterior posterior in _posteriors)
            posterior.AddCovariance(1, covariances);
        _covariances = covariances.Values;
        return _posteriors;
    }

    private ShardSums Sums(TaskPosterior[] posteriors, double[][] shifts, double[] squares, double quadratic) => new()
    {
        Tasks = tasks.Count,
        Count = _count,
        SquaredLabels = _squaredLabels,
        Shifts = shifts,
        Squares = squares,
        Covariances = _covariances,
        PriorShare = posteriors.Sum(posterior => posterior.PriorShare),
        Quadratic = quadratic,
        LogDeterminant = posteriors.Sum(posterior => posterior.LogDeterminant),
    };
}
