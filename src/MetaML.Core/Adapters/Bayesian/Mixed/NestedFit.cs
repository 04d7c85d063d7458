using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Fits the prior of tasks in nested groups: exactly for values, and for classes and counts in rounds, as <see cref="MixedGeneralizedFit"/>.</summary>
/// <param name="rows">The training tasks.</param>
/// <param name="design">The coefficients.</param>
/// <param name="columns">The names of the levels of groups, the outermost first.</param>
/// <param name="covariance">The form of the covariance of each level: diagonal, one factor, or full.</param>
/// <param name="limits">The number of steps of a search, and the time.</param>
internal sealed class NestedFit(IReadOnlyList<EmbeddedTask> rows, MixedDesign design, IReadOnlyList<string> columns, PriorCovariance covariance, PriorLimits limits)
{
    // The change of the bound for each head, in nats, below which a round is the last.
    private const double Tolerance = 1e-3;

    private const int MaximumRounds = 50;

    private readonly GroupTree _tree = GroupTree.Of(rows, columns.Count);

    /// <summary>Fits the prior to values.</summary>
    /// <param name="tasks">The evidence of each task.</param>
    public Result Fit(IReadOnlyList<MixedTask> tasks)
    {
        MixedPrior start = new MixedFit(tasks, design, isExact: true, limits).FitDiagonal(PriorNoise.Common);
        NestedSearch search = Search(tasks, start.Varying);
        return ResultOf(search, MixedFit.Summary(search.Prior, tasks.Count, tasks.Sum(task => (long)task.Evidence.RowCount), search.CovarianceParameters + 1));
    }

    /// <summary>Fits the prior to classes or counts.</summary>
    /// <param name="tasks">The labels of each task.</param>
    public Result Fit(GeneralizedTask[] tasks)
    {
        double[][] covariates = [.. rows.Select(task => MixedTask.CovariatesOf(task.Covariates, design.Covariates))];
        var (start, evidence) = new MixedGeneralizedFit(tasks, covariates, design, shrinksCovariates: false, limits).FitDiagonal();
        HeadPrior varying = start.Varying;
        double before = double.NegativeInfinity, least = Tolerance * tasks.Length;
        for (int round = 0; ; round++)
        {
            NestedSearch search = Search([.. evidence.Select((task, t) => new MixedTask(task, MixedTask.FormOf(task), covariates[t]))], varying);
            Result result = ResultOf(search, null);
            double bound = 0;
            (TaskEvidence Evidence, double Bound)[] next = new (TaskEvidence, double)[tasks.Length];
            Numerics.ParallelLoop.For(tasks.Length, t => next[t] = Under(tasks[t], result, covariates[t], result.TaskPriors[t]));
            bound = next.Sum(task => task.Bound);
            if (Math.Abs(bound - before) < least || round == MaximumRounds || limits.IsTimeUp())
                return result;
            (before, evidence) = (bound, Array.ConvertAll(next, task => task.Evidence));
        }
    }

    // The evidence of a task under its prior given all other tasks.
    private (TaskEvidence Evidence, double Bound) Under(GeneralizedTask task, Result result, double[] covariates, TaskPrior prior)
    {
        double[] mean = design.MeanOf(result.Prior.Coefficients[0], covariates), root = design.Spread(result.Prior.Varying.Covariance), extra = prior.Dense();
        for (int j = 0; j < mean.Length; j++)
            mean[j] += prior.Shift[j];
        for (int i = 0; i < root.Length; i++)
            root[i] += extra[i];
        Numerics.Cholesky.FactorSemidefinite(root, design.Width);
        return task.Under([mean], root);
    }

    private NestedSearch Search(IReadOnlyList<MixedTask> tasks, HeadPrior start) =>
        new NestedSearch(new NestedRegression(tasks, design, _tree.Parents), design, start, covariance).Climb(limits);

    private Result ResultOf(NestedSearch search, PriorSummary? summary) => new(search.Prior, _tree.Priors(search, design, columns), GroupTree.TaskPriors(search, rows.Count), summary);

    /// <summary>A prior with groups.</summary>
    /// <param name="Prior">β, Σ of tasks about their groups, and the noise.</param>
    /// <param name="Groups">The priors of the groups.</param>
    /// <param name="TaskPriors">The prior of each training task given all others.</param>
    /// <param name="Summary">What is known of the prior beside its values; null for classes and counts.</param>
    internal sealed record Result(MixedPrior Prior, GroupPriors Groups, TaskPrior[] TaskPriors, PriorSummary? Summary);
}
