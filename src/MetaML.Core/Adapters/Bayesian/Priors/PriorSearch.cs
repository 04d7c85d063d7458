using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Climbs the marginal likelihood of all tasks' labels towards its maximum over m, Σ, and the noise.</summary>
/// <remarks>
/// <para>A step is ECME (Liu and Rubin 1994; for linear mixed models Laird and Ware 1982). With the posterior of each task's
/// head, wₜ ~ N(m + δₜ, σ²S̃ₜ), and τₜ = E[1/σₜ²]: m by generalised least squares, m += Σ̃ X⁻¹ Στₜδₜ with
/// X = (Στₜ)Σ̃ − ΣτₜS̃ₜ, a thousandth of it by expectation maximisation (X = (Στₜ)Σ̃), so that what no row determines stays
/// where it is; σ² and a, exactly; and Σ̃ by <see cref="CovarianceForm.Next"/> of mean τₜδₜδₜᵀ + S̃ₜ. None lowers
/// the likelihood (times that of the form's own prior on Σ̃).</para>
/// <para>Two steps from θ in the form's coordinates, with differences r and r + v, then make a longer one,
/// θ + 2sr + s²v with s = ‖r‖ / ‖v‖ (SQUAREM: Varadhan and Roland, Simple and globally convergent methods for accelerating
/// the convergence of any EM algorithm, 2008, scheme S3). It is kept where it is no less likely, else the second step is.</para>
/// <para>Managed code, on all cores, the same bits on any number of them; memory O(embedding · min(rows, embedding)) for each
/// task, time O(min(rows, embedding) · embedding²) for each task and step.</para>
/// </remarks>
internal sealed class PriorSearch
{
    private const double ExpectationShare = 1e-3;

    // The gain of a cycle for each head, in nats, below which it is the last.
    private const double Tolerance = 1e-5;

    // The largest s changes by it where it was reached, or too long.
    private const double StretchFactor = 4;

    private readonly IReadOnlyList<TaskEvidence> _tasks;
    private readonly bool _hasMean;
    private readonly CovarianceForm _form;
    private readonly int _heads;
    private Place _place;
    private double _largestStretch = StretchFactor;

    /// <summary>Stands at the start.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="start">What it has of m, variances, and noise.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks; else m stays.</param>
    /// <param name="form">What Σ may be.</param>
    /// <param name="point">Σ̃ in the form's coordinates; null for the variances of the start.</param>
    public PriorSearch(IReadOnlyList<TaskEvidence> tasks, HeadPrior start, bool hasMean, CovarianceForm form, double[]? point = null)
    {
        _tasks = tasks;
        _hasMean = hasMean;
        _form = form;
        _heads = tasks.Sum(task => task.Outputs);
        int width = start.Width;
        _place = Visit(point ?? form.Start([.. Enumerable.Range(0, width).Select(j => start.Covariance[j * width + j] / start.NoiseVariance)]), start);
    }

    /// <summary>The prior where the search is: Σ, and m and the noise that are best with it.</summary>
    public HeadPrior Prior => _place.Prior;

    /// <summary>Σ̃ there, in the form's coordinates.</summary>
    public double[] Point => _place.Point;

    /// <summary>Log marginal likelihood there, and log density of the form's own prior.</summary>
    public double Objective => _place.Objective;

    /// <summary>How many times all tasks' posteriors were computed.</summary>
    public int Steps { get; private set; }

    /// <summary>Goes on until a cycle gains next to nothing.</summary>
    /// <param name="iterations">The largest number of steps.</param>
    public void Climb(int iterations)
    {
        double gain = double.PositiveInfinity, least = Tolerance * _heads;
        while (gain >= least && Steps < iterations)
        {
            double before = Objective;
            Advance();
            gain = Objective - before;
        }
    }

    /// <summary>A step of ECME.</summary>
    public void Step() => _place = Visit(_place.Next, _place.Prior);

    /// <summary>Two steps of ECME and one that they suggest.</summary>
    public void Advance()
    {
        Place first = _place, second = Visit(first.Next, first.Prior);
        double[] r = Difference(second.Point, first.Point), v = Difference(Difference(second.Next, second.Point), r);
        double length = TensorPrimitives.Norm<double>(r), stretch = length / Math.Max(TensorPrimitives.Norm<double>(v), double.Epsilon);
        if (stretch > 1)
        {
            bool isLargest = stretch >= _largestStretch;
            stretch = Math.Min(stretch, _largestStretch);
            double[] point = [.. first.Point];
            MatrixAlgebra.AddScaled(r, 2 * stretch, point);
            MatrixAlgebra.AddScaled(v, stretch * stretch, point);
            if (TryVisit(point, second.Prior) is { } third && third.Objective >= second.Objective)
            {
                if (isLargest)
                    _largestStretch *= StretchFactor;
                _place = third;
                return;
            }

            _largestStretch = Math.Max(_largestStretch / StretchFactor, StretchFactor);
        }

        _place = Visit(second.Next, second.Prior);
    }

    private Place? TryVisit(double[] point, HeadPrior before)
    {
        try
        {
            return Visit(point, before);
        }
        catch (ArithmeticException) // so long a step that the matrices there are singular to working precision
        {
            return null;
        }
    }

    private Place Visit(double[] point, HeadPrior before)
    {
        Steps++;
        int width = before.Width;
        ScaledHeadPrior prior = ScaledHeadPrior.Of(before.Mean, _form.Covariance(point, width));
        TaskPosterior[] posteriors = prior.Posteriors(_tasks); // of Σ̃ and m alone: they do not depend on σ²
        double[][] mean = before.Mean;
        if (_hasMean)
            mean = MoveMean(prior, posteriors, before);
        var (variance, shape) = before.IsNoiseKnown
            ? (before.NoiseVariance, before.NoiseShape)
            : TaskNoise.Fit(_tasks, [.. posteriors.Select(posterior => posterior.Quadratic)], before.NoiseVariance, before.NoiseShape, CovarianceForm.SmallestVariance);
        HeadPrior here = before with { Mean = mean, Covariance = Array.ConvertAll(prior.Covariance, value => value * variance), NoiseVariance = variance, NoiseShape = shape };
        double objective = TaskNoise.LogLikelihood(_tasks, posteriors, variance, shape) + _form.LogPrior(prior.Covariance, width);

        var second = new double[width * width];
        for (int t = 0; t < posteriors.Length; t++)
        {
            posteriors[t].AddShifts(TaskNoise.Precision(_tasks[t], posteriors[t].Quadratic, variance, shape), second);
            posteriors[t].AddCovariance(posteriors[t].Shifts.Length, second);
        }

        TensorPrimitives.Divide(second, _heads, second);
        return new Place(point, here, objective, _form.Next(point, second, _heads, width));
    }

    private double[][] MoveMean(ScaledHeadPrior prior, TaskPosterior[] posteriors, HeadPrior before)
    {
        int width = before.Width, outputs = before.Outputs;
        double[] system = new double[width * width], right = new double[width * outputs];
        double precisions = 0;
        for (int t = 0; t < posteriors.Length; t++)
        {
            double precision = TaskNoise.Precision(_tasks[t], posteriors[t].Quadratic, before.NoiseVariance, before.NoiseShape);
            precisions += precision;
            posteriors[t].AddCovariance((ExpectationShare - 1) * precision, system);
            for (int i = 0; i < right.Length; i++)
                right[i] += precision * posteriors[t].Shifts[i % outputs][i / outputs];
        }

        MatrixAlgebra.AddScaled(prior.Covariance, precisions, system);
        Cholesky.Solve(system, width, right, outputs);
        double[][] directions = [.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, width).Select(j => right[j * outputs + k]).ToArray())];
        double[][] moves = [.. directions.Select(direction => MatrixAlgebra.Multiply(prior.Covariance, direction))];
        foreach (TaskPosterior posterior in posteriors)
            posterior.Move(directions, moves);
        return [.. before.Mean.Zip(moves, (mean, move) => mean.Zip(move, (value, change) => value + change).ToArray())];
    }

    private static double[] Difference(double[] x, double[] y)
    {
        var difference = new double[x.Length];
        TensorPrimitives.Subtract(x, y, difference);
        return difference;
    }

    // A point that was visited; its own best m and noise; where a step leads from it.
    private sealed record Place(double[] Point, HeadPrior Prior, double Objective, double[] Next);
}
