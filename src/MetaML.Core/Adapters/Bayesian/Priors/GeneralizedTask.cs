using MetaML.Adapters.Logistic;
using MetaML.Heads;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The class labels or counts of a task, and the normal approximation of the posterior of its heads under a prior.</summary>
/// <remarks>
/// <para>Two classes have one head, log odds = wᵀz̃. C classes have C − 1 heads, the contrasts QᵀW of the class vectors
/// (<see cref="ClassContrasts"/>). The approximation gives each contrast the same posterior covariance S, and no correlation between contrasts.</para>
/// <para>The approximation has the highest lower bound on the log marginal likelihood, E[log p(y | w)] − KL(q‖prior): the
/// Gaussian variational approximation (Opper and Archambeau, The variational Gaussian approximation revisited, 2009). The
/// first expectation is exact for two classes and for counts, and a tilted bound for more classes. At the maximum S⁻¹ = Σ⁻¹ + Σᵢ ωᵢ z̃ᵢz̃ᵢᵀ and
/// Σ⁻¹δ = Σᵢ sᵢ(yᵢ − gᵢ) z̃ᵢ. The rows are thus equivalent to values tᵢ = fᵢ + sᵢ(yᵢ − gᵢ)/ωᵢ with noise of variance
/// 1/ωᵢ. <see cref="TaskEvidence"/> of these values has the posterior S and δ.</para>
/// </remarks>
internal sealed class GeneralizedTask
{
    // A saturated row has no information, but its value must be finite.
    private const double SmallestPrecision = 1e-10;

    // To the best δ: the error of the bound is of the order of its square.
    private const double Distance = 1e-3;

    // The gain of a step in nats, below which it is the last.
    private const double Slack = 1e-5;

    private const int MaximumSteps = 100, MaximumHalvings = 20;

    private readonly LabelKind _kind;
    private readonly EmbeddedTask _task;
    private readonly int _width;
    private readonly CountLikelihood? _counts;
    private readonly double[] _augmented; // Z̃
    private readonly double[] _precisions; // ω of the last evaluation
    private double[]? _solution; // U of the last evaluation

    /// <param name="kind">The kind of label.</param>
    /// <param name="task">The rows.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="counts">The likelihood of counts; null if labels are classes.</param>
    public GeneralizedTask(LabelKind kind, EmbeddedTask task, int width, CountLikelihood? counts = null)
    {
        _counts = counts;
        _kind = kind;
        _task = task;
        _width = width;
        _augmented = TaskEvidence.Augment(task, width);
        double curvature = kind == LabelKind.Binary ? 0.25 : 1.0 / task.OutputCount; // if all scores are equal
        _precisions = [.. task.Weights.Select((weight, row) => weight * (counts is null ? curvature : FirstMean(row) / (1 + counts.Dispersion * FirstMean(row))))];
        Heads = kind == LabelKind.Multiclass ? task.OutputCount - 1 : 1;
    }

    /// <summary>Number of heads; 0 for a task with one class, which has no information.</summary>
    public int Heads { get; }

    /// <summary>The evidence of the rows under a flat prior: one step from scores of 0, or from counts that are a half larger.</summary>
    public TaskEvidence First()
    {
        double[][] scores = [.. Enumerable.Range(0, _task.OutputCount).Select(k => Enumerable.Range(0, _task.RowCount).Select(row =>
            _counts is not null ? Math.Log(FirstMean(row)) - Offset(row) : _kind == LabelKind.Binary ? 4 * _task.Labels[row] - 2.0 : (_task.Labels[row] == k ? _task.OutputCount : 0) - 1.0).ToArray())];
        return Evidence(_precisions, scores);
    }

    /// <summary>The evidence of the rows and the bound on the log marginal likelihood under a prior.</summary>
    /// <param name="means">m of each head [heads][width], or one m of all.</param>
    /// <param name="root">B with BBᵀ = Σ [width, width].</param>
    public (TaskEvidence Evidence, double Bound) Under(double[][] means, double[] root)
    {
        var ones = new double[_width];
        Array.Fill(ones, 1);
        var fit = new PenalizedFit(_kind, _task, Centre(means), ones, root, _counts);
        State best = Evaluate(fit, _precisions, _solution);
        for (int step = 0; step < MaximumSteps; step++)
        {
            double[] precisions = best.Wanted;
            State next = Evaluate(fit, precisions, best.Solution);
            for (int halving = 0; next.Bound < best.Bound - Slack && halving < MaximumHalvings; halving++)
            {
                precisions = [.. best.Precisions.Zip(precisions, (before, after) => Math.Sqrt(before * after))];
                next = Evaluate(fit, precisions, best.Solution);
            }

            double gain = next.Bound - best.Bound;
            if (gain > 0)
                best = next;
            if (!(gain > Slack))
                break;
        }

        best.Precisions.CopyTo(_precisions, 0);
        _solution = best.Solution;
        return (Evidence(best.Precisions, best.Targets), best.Bound);
    }

    private double FirstMean(int row) => _task.Labels[row] + 0.5;

    private double Offset(int row) => _task.Exposures.Length > 0 ? Math.Log(_task.Exposures[row]) : 0;

    // The bound with S = (Σ⁻¹ + Z̃ᵀΩZ̃)⁻¹ and the best δ for it.
    private State Evaluate(PenalizedFit fit, double[] precisions, double[]? from)
    {
        int rows = _task.RowCount;
        double divergence = fit.SetVariances(precisions);
        double[] solution = fit.Minimize(from: from, tolerance: Distance);
        double[] wanted = [.. Enumerable.Range(0, rows).Select(row => Math.Max(fit.Precision(row), SmallestPrecision))];
        double[][] targets = fit.Scores(solution);
        for (int k = 0; k < targets.Length; k++)
        {
            for (int row = 0; row < rows; row++)
                targets[k][row] += fit.Residual(row, k) / precisions[row] - Offset(row);
        }

        return new State(-fit.Value - 0.5 * Heads * divergence, precisions, wanted, solution, targets);
    }

    // m of each output, with mean 0 over outputs for more than two classes.
    private double[] Centre(double[][] means)
    {
        if (_kind != LabelKind.Multiclass)
            return means[0];
        return [.. ClassContrasts.ToClasses([.. Enumerable.Range(0, Heads).Select(head => means[Math.Min(head, means.Length - 1)])]).SelectMany(mean => mean)];
    }

    private TaskEvidence Evidence(double[] precisions, double[][] scores) =>
        new(_augmented, precisions, _kind == LabelKind.Multiclass ? ClassContrasts.Of(scores) : scores, _width);

    private sealed record State(double Bound, double[] Precisions, double[] Wanted, double[] Solution, double[][] Targets);
}
