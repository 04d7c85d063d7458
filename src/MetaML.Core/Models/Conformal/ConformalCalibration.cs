using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Models.Conformal;

/// <summary>Finds the quantiles of a model's nonconformity on tasks that it has not seen.</summary>
/// <remarks>
/// Each calibration task is learned from random rows of each size, and its other rows are judged. With K tasks, of which task i has Nᵢ judged rows, a row has the weight 1/((K + 1)Nᵢ), and
/// the weight 1/(K + 1) is at infinity. The quantile is the smallest number with at least the coverage of the weight at or below it. If the tasks to come are exchangeable with those
/// of the calibration, and their rows with each other, a row of a task to come is held with at least this probability: on average over tasks, not in each task. Sources: Lee, Barber and Willett, Distribution-free inference
/// with hierarchical data, 2023, arXiv 2306.06342; Fisch et al., Few-shot conformal prediction with auxiliary tasks, 2021, arXiv 2102.08898. Deviations: the nonconformity is scaled by the
/// predictive deviation of the adapter, whose prior takes the place of the meta-learned quantile of Fisch et al.; several draws of a task's support are averaged.
/// </remarks>
internal static class ConformalCalibration
{
    private const int Draws = 8, MostQueries = 200;

    private static readonly int[] s_sizes = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

    /// <summary>The smallest number of tasks for a coverage.</summary>
    public static int FewestTasks(double coverage) => (int)Math.Ceiling(coverage / (1 - coverage) - 1e-9);

    /// <summary>The quantiles.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tasks">Tasks that the model was not trained on.</param>
    /// <param name="coverage">The share of rows of new tasks whose label is to be held.</param>
    /// <param name="cancellationToken">Stops between two draws.</param>
    /// <exception cref="ArgumentException">The tasks do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">Too few tasks have enough rows for any size.</exception>
    public static ConformalQuantiles Learn(MetaModel model, TaskSet tasks, double coverage, CancellationToken cancellationToken = default)
    {
        model.CheckFits(tasks);
        if (model.AdapterOptions.PredictsCounts(model.Kind))
            throw new ArgumentException("Labels must be values or classes; got counts. Their distribution about the expected count is not symmetric. Use a Gaussian ValueLikelihood, or the quantiles of the distribution of counts.", nameof(tasks));
        int fewest = FewestTasks(coverage);
        var sizes = new List<int>();
        var quantiles = new List<double>();
        foreach (int size in s_sizes.Where(size => size > 0 || model.HasCommonOutputs))
        {
            LearningTask[] large = [.. tasks.Tasks.Where(task => HasRows(model, task, size))];
            if (large.Length < fewest)
                continue;
            sizes.Add(size);
            quantiles.Add(Quantile(model, tasks.With(large), size, coverage, cancellationToken));
        }

        return sizes.Count > 0 ? new ConformalQuantiles(coverage, [.. sizes], [.. quantiles]) : throw new InvalidOperationException(
            $"Calibration needs at least {fewest} tasks for a coverage of {coverage}, each with at least {(model.HasCommonOutputs ? "one row" : "two rows of each of its classes")}; got {tasks.Tasks.Count} tasks. With fewer, no finite interval has this coverage. Give more tasks, or a smaller coverage.");
    }

    // At least as many rows must remain as are learned from, so that the judged rows of a task say something about it.
    private static bool HasRows(MetaModel model, LearningTask task, int size) => model.HasCommonOutputs
        ? task.RowCount > size && task.RowCount >= 1.25 * size
        : task.Labels.GroupBy(label => label).All(rows => rows.Count() > size);

    private static double Quantile(MetaModel model, TaskSet tasks, int size, double coverage, CancellationToken cancellationToken)
    {
        var scores = new List<double>[tasks.Tasks.Count];
        for (int t = 0; t < scores.Length; t++)
            scores[t] = [];
        for (int draw = 0; draw < (size == 0 ? 1 : Draws); draw++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[][] orders = [.. tasks.Tasks.Select((task, t) => Order(model, task, size, new Random((draw * 1_000_003) + t)))];
            int[] supports = [.. tasks.Tasks.Select(task => model.HasCommonOutputs ? size : size * task.Labels.Distinct().Count())];
            IReadOnlyList<AdaptedTask> adapted = model.Adapt(tasks.With([.. tasks.Tasks.Select((task, t) => task.Take(orders[t][..supports[t]]))]), new AdaptationOptions { KeepsStatistics = false }, cancellationToken);
            MetaScorer scorer = model.CreateScorer();
            for (int t = 0; t < scores.Length; t++)
                scores[t].AddRange(orders[t].Skip(supports[t]).Take(MostQueries).Select(row => Nonconformity(model, scorer, adapted[t], tasks.Features[tasks.Tasks[t].Rows[row]], tasks.Tasks[t].Labels[row])));
        }

        double weight = 0;
        foreach (var (score, share) in scores.SelectMany(task => task.Select(score => (Score: score, Share: 1.0 / ((scores.Length + 1) * task.Count)))).OrderBy(pair => pair.Score))
        {
            weight += share;
            if (weight >= coverage - 1e-12)
                return score;
        }

        return scores.SelectMany(task => task).Max();
    }

    // A random order. If tasks have their own classes, the first rows have the same number of each class.
    private static int[] Order(MetaModel model, LearningTask task, int size, Random random)
    {
        int[] rows = [.. Enumerable.Range(0, task.RowCount)];
        random.Shuffle(rows);
        if (model.HasCommonOutputs)
            return rows;
        int[] support = [.. rows.GroupBy(row => task.Labels[row]).SelectMany(group => group.Take(size))];
        return [.. support, .. rows.Except(support)];
    }

    private static double Nonconformity(MetaModel model, MetaScorer scorer, AdaptedTask task, FeatureRow row, float label)
    {
        ReadOnlySpan<float> scores = scorer.Score(task, row, out float deviation);
        if (model.Kind == LabelKind.Regression)
            return ConformalQuantiles.OfValue(label, scores[0], deviation);
        if (model.Kind == LabelKind.Binary)
            return ConformalQuantiles.OfClass(1 / (1 + Math.Exp(label > 0 ? -scores[0] : scores[0])));
        int output = task.OutputOf((int)label);
        Span<float> probabilities = new float[scores.Length];
        Softmax.Apply(scores, probabilities);
        return output < 0 ? 1 : ConformalQuantiles.OfClass(probabilities[output]);
    }
}
