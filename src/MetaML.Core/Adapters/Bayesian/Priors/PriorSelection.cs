using System.Globalization;
using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Chooses the form of the prior covariance by the likelihood of held-out tasks.</summary>
/// <remarks>
/// A prior is learned on most of the tasks and evaluated by the log marginal likelihood of the others, in folds
/// (Geisser and Eddy, A predictive approach to model selection, 1979). Forms of at most 50 features: diagonal; one factor, shrunk towards its
/// diagonal with the weight of embedding + 1 tasks; full, shrunk with the weight of four times as many tasks; and full, shrunk with the weight of as many. More
/// features: diagonal with variances that are shrunk strongly towards a common level; shrunk weakly; and that with 1, 2, 4, … shrunk factors, until a form is not better than the one before. Each
/// search starts at the diagonal prior of the same fold.
/// </remarks>
internal static class PriorSelection
{
    /// <summary>The largest width, embedding + 1, for which a full covariance is a candidate: its cost is cubic in the width.</summary>
    private const int LargestFullWidth = 51;

    private const int MinimumTasks = 10, MaximumFactors = 8;

    // The weights of the level of variances, as numbers of tasks: all variances are almost equal, or they may differ.
    private const double StrongLevel = 1000, WeakLevel = 10;

    // Likelihoods of held-out tasks differ by far more than a search gains in its last cycles.
    private const double Precision = 0.2;

    // A form is given up after two folds if the best form was better in them by more nats than this, also for each head.
    private const int FewestFolds = 2;
    private const double HopelessGap = 10, HopelessGapOfHead = 0.05;

    /// <summary>Whether slopes are so many that a full covariance is no candidate, and a variance of each alone would follow chance.</summary>
    /// <param name="width">Embedding + 1.</param>
    public static bool IsWide(int width) => width > LargestFullWidth;

    /// <summary>The simplest form: diagonal, with almost equal variances of slopes if they are many.</summary>
    /// <param name="width">Embedding + 1.</param>
    public static CovarianceForm First(int width) => IsWide(width) ? CovarianceForm.OfFactors(0, 0, StrongLevel) : CovarianceForm.Diagonal;

    /// <summary>The form that gives held-out tasks the highest likelihood; the simplest for fewer than ten tasks.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs that mean the same in all tasks; null if tasks have their own outputs, so that m = 0.</param>
    /// <param name="noise">Whether tasks have their own noise; null if the noise is known to be 1.</param>
    /// <param name="limits">Of each search, and of the time. If the time is up, the form is the simplest.</param>
    /// <param name="decide">Receives the choice and its reason; may be null.</param>
    public static CovarianceForm Choose(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, PriorNoise? noise, PriorLimits limits, Action<string>? decide = null)
    {
        if (tasks.Count < MinimumTasks)
        {
            decide?.Invoke($"Covariance of heads: {First(width)}, since fewer than {MinimumTasks} tasks do not tell forms apart.");
            return First(width);
        }

        if (limits.IsTimeUp())
            return First(width);
        bool isWide = IsWide(width);
        CovarianceForm[] candidates = isWide
            ? [First(width), .. Counts().Select(factors => CovarianceForm.OfFactors(factors, factors == 0 ? 0 : width, WeakLevel))]
            : [CovarianceForm.Diagonal, CovarianceForm.OfFactors(1, width), CovarianceForm.Full(4 * width), CovarianceForm.Full(width)]; // of equals the simplest
        double[] likelihoods = HeldOut(tasks, width, outputs, candidates, noise, limits, folds: isWide ? 3 : 5, endsWithoutGain: isWide);
        if (limits.IsTimeUp())
            return First(width);
        CovarianceForm best = candidates[Array.IndexOf(likelihoods, likelihoods.Max())];
        var tried = candidates.Zip(likelihoods).Where(pair => double.IsFinite(pair.Second));
        decide?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Covariance of heads: {best}. Log likelihood of held-out tasks: {string.Join("; ", tried.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.First} {pair.Second:F1}")))}."));
        return best;
    }

    /// <summary>Log marginal likelihood of held-out tasks for each form; negative infinity for a form that was given up.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">As for <see cref="Choose"/>.</param>
    /// <param name="candidates">The first is the simplest.</param>
    /// <param name="noise">As for <see cref="Choose"/>.</param>
    /// <param name="limits">As for <see cref="Choose"/>.</param>
    /// <param name="folds">Number of folds over tasks.</param>
    /// <param name="endsWithoutGain">Whether to end after the first candidate that is not better than the one before; the others get negative infinity.</param>
    public static double[] HeldOut(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, CovarianceForm[] candidates, PriorNoise? noise, PriorLimits limits, int folds = 5, bool endsWithoutGain = false)
    {
        (TaskEvidence[] Training, TaskEvidence[] Others)[] parts = [.. Enumerable.Range(0, folds).Select(fold =>
            (tasks.Where((_, i) => i % folds != fold).ToArray(), tasks.Where((_, i) => i % folds == fold).ToArray()))];
        var starts = new HeadPrior[folds];
        var likelihoods = new double[candidates.Length];
        Array.Fill(likelihoods, double.NegativeInfinity);
        double[] best = new double[folds + 1], sums = new double[folds + 1]; // of the first folds
        for (int c = 0; c < candidates.Length; c++)
        {
            int heads = 0;
            bool isHopeless = false;
            for (int fold = 0; fold < folds && !isHopeless && !limits.IsTimeUp(); fold++)
            {
                var (training, others) = parts[fold];
                HeadPrior start = c == 0 ? HeadPrior.Start(training, width, outputs ?? 1, noise) : starts[fold];
                var search = new PriorSearch(training, start, outputs is not null, candidates[c]);
                search.Climb(limits, Precision);
                sums[fold + 1] = sums[fold] + search.LogLikelihood(others);
                heads += others.Sum(task => task.Outputs);
                isHopeless = c > 0 && fold + 1 >= FewestFolds && best[fold + 1] - sums[fold + 1] > Math.Max(HopelessGap, HopelessGapOfHead * heads);
                if (c == 0)
                    starts[fold] = search.Prior;
            }

            if (limits.IsTimeUp())
                break;
            likelihoods[c] = isHopeless ? double.NegativeInfinity : sums[folds];
            if (c == 0 || likelihoods[c] > best[folds])
                sums.CopyTo(best, 0);
            if (endsWithoutGain && c > 0 && likelihoods[c] <= likelihoods[c - 1])
                break;
        }

        return likelihoods;
    }

    private static IEnumerable<int> Counts()
    {
        yield return 0;
        for (int factors = 1; factors <= MaximumFactors; factors *= 2)
            yield return factors;
    }
}
