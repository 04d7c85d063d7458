using System.Globalization;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianRobustAdapter"/>: that of normal noise on rows whose weights fall with their residuals, and ν. Weights, ν and the prior are learned in turn.</summary>
/// <remarks>
/// With rows weighted by E[u], the noise of <see cref="PriorSearch"/> is Σ u r² / Σ u: the step of the parameter-expanded EM of Liu, Rubin and Wu, 1998. ν is fitted to
/// r² / (1 − h), where h is the share of a label in its own score.
/// </remarks>
internal sealed class RobustEvidence : IPriorEvidence
{
    // The weights hardly change after so many turns.
    private const int Turns = 4;

    // The largest number of rows of a task that the prior is learned from.
    private const int MaximumRows = 500;

    private readonly BayesianAdapter _normal;
    private readonly EmbeddedTask[] _tasks;
    private IPriorEvidence? _weighted; // by the weights of the last turn
    private double _degrees = StudentNoise.FirstDegrees;

    /// <param name="normal">The adapter of normal noise.</param>
    /// <param name="tasks">The training tasks.</param>
    public RobustEvidence(BayesianAdapter normal, IEnumerable<EmbeddedTask> tasks)
    {
        _normal = normal;
        _tasks = [.. tasks.Select(task => TaskSubset.Thin(task, MaximumRows)).Select(task => task.Select([.. Enumerable.Range(0, task.RowCount)]))]; // a copy: the memory of rows may be reused
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => [.. _weighted?.Choices ?? [], string.Create(CultureInfo.InvariantCulture, $"Noise: Student's t with {_degrees:F1} degrees of freedom, learned from residuals.")];

    /// <inheritdoc/>
    public GroupPriors? Groups => _weighted?.Groups;

    /// <inheritdoc/>
    public IReadOnlyList<TaskPrior>? TaskPriors => _weighted?.TaskPriors;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        ParameterArray[] own = [.. parameters.SkipLast(1)];
        _weighted ??= Learn(own, limits);
        _weighted.Complete(own, limits, isUsed);
        parameters[^1].Values[0] = (float)Math.Log(_degrees);
    }

    private IPriorEvidence Learn(ParameterArray[] own, PriorLimits limits)
    {
        EmbeddedTask[] weighted = _tasks;
        for (int turn = 0; turn < Turns && !limits.IsTimeUp(); turn++)
        {
            _normal.EvidenceOf(weighted).Complete(own, limits);
            float[][] values = Array.ConvertAll(own, parameter => parameter.Values);
            var (covariance, variance) = _normal.Variances(values);
            LinearHead[] heads = [.. weighted.AsParallel().AsOrdered().Select(task => _normal.Adapt(values, task))];
            _degrees = StudentNoise.Fit([.. _tasks.Zip(weighted, heads).SelectMany(task => Squares(task.First, task.Second, task.Third))]).Degrees;
            weighted = [.. _tasks.Zip(heads, (task, head) => BayesianRobustAdapter.Weighted(task, head, variance, _degrees))];
        }

        return _normal.EvidenceOf(weighted);
    }

    private static IEnumerable<double> Squares(EmbeddedTask task, EmbeddedTask weighted, LinearHead head) => Enumerable.Range(0, task.RowCount).Where(row => task.Weights[row] > 0).Select(row =>
    {
        double residual = (double)task.Labels[row] - head.Score(task.Row(row), 0), share = weighted.Weights[row] * (head.PredictiveVariance?.Variance(task.Row(row)) ?? 0);
        return residual * residual / Math.Max(1 - share, 1e-3);
    });
}
