using MetaML.Adapters.Joint;
using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Fits the <see cref="ScoreCalibration"/> of a model with binary labels: logistic regression of labels on scores, on the query rows of episodes with supports of several sizes.</summary>
/// <remarks>
/// Slopes are fitted on the validation tasks, which the encoder was not trained on. Without an encoder they are fitted on all tasks.
/// Offsets are fitted on all tasks, because the rate of positives varies too much between a few validation tasks. Supports are drawn
/// without regard to classes. The map for one size of support is the map for all sizes plus a deviation, which a penalty keeps small.
/// With fewer than ten validation tasks, slopes are those of the identity.
/// </remarks>
internal static class CalibrationFit
{
    private const int MaximumTasks = 256;
    private const int MaximumRows = 200_000;
    private const int MaximumOfClass = 5_000; // rows of each class in a fit; they get the total weight of all rows of the class
    private const int Folds = 5;
    private const int MinimumOfClass = 10; // query rows of each class
    private const int MinimumTasksOfSlopes = 10; // validation tasks
    private const double SmallestSlope = 1e-3; // of the prior score: the calibrated score of the prior increases with its score

    // Prior standard deviations of the map for all sizes (Free), and of the deviations of the map for one size.
    private const double Free = 30, OfSlope = 0.3, OfOffset = 0.1;

    /// <summary>The calibration; null if the labels are not binary, if nothing is held out, if there are too few tasks or rows, or in the first half of joint training.</summary>
    /// <param name="problem">The problem, with its validation pools.</param>
    /// <param name="model">A model without calibration.</param>
    /// <param name="seed">The seed of the draws of rows.</param>
    public static ScoreCalibration? Fit(LearningProblem problem, MetaModel model, int seed)
    {
        EpisodeSource source = problem.Prepared.Source;
        if (model.Kind != LabelKind.Binary || source.ValidationPools.Count == 0 || problem.Tasks.Tasks.Count < PooledStart.FewestTasks || problem.Design.Adapter is JointAdapter)
            return null;
        var random = new Random(seed);
        Row[] validation = Draw(problem, model, source.ValidationPools, random);
        Row[] training = source.HoldsOutTasks ? Draw(problem, model, [.. source.TrainingPools.Where(pool => pool.Support.Length > 1)], random) : [];
        Row[] all = [.. validation, .. training];
        if (Math.Min(all.Count(row => row.Label > 0), all.Count(row => row.Label == 0)) < MinimumOfClass)
            return null;
        // A few tasks say too little about the slopes of other tasks. If rows are held out, the prior was learned from the same tasks.
        bool fitsSlopes = source.HoldsOutTasks && source.ValidationPools.Count >= MinimumTasksOfSlopes;
        bool hasEncoder = problem.Design.Encoder.Parameters.Count > 0;
        return FitOffsets(all, fitsSlopes ? FitSlopes(hasEncoder ? validation : all) : ScoreCalibration.Identity);
    }

    private static Row[] Draw(LearningProblem problem, MetaModel model, IReadOnlyList<EpisodePool> pools, Random random)
    {
        int[] some = RowSampler.Some(pools.Count, Math.Min(pools.Count, MaximumTasks), random);
        Episode[] episodes = [.. some.SelectMany(i => Episodes(pools[i], random))];
        int queries = Math.Max(1, MaximumRows / Math.Max(1, episodes.Length));
        Row[] rows = [.. Rows(problem.Tasks, model, Array.ConvertAll(episodes, episode => new Episode(episode.Task, episode.Support, episode.Query[..Math.Min(queries, episode.Query.Length)], episode.Classes)))];
        return [.. Thin(rows, row => row.Label > 0, random), .. Thin(rows, row => row.Label == 0, random)];
    }

    private static IEnumerable<Row> Thin(Row[] rows, Predicate<Row> isOfClass, Random random)
    {
        Row[] all = Array.FindAll(rows, isOfClass);
        int count = Math.Min(all.Length, MaximumOfClass);
        return RowSampler.Some(all.Length, count, random).Select(i => all[i] with { Weight = all[i].Weight * all.Length / count });
    }

    // One episode for each size of support that leaves a fifth of the rows for the query. With the largest support, as known tasks have
    // it, each fifth is the query once, so that every row is used.
    private static IEnumerable<Episode> Episodes(EpisodePool pool, Random random)
    {
        int count = pool.Support.Length, most = pool.Query is null ? count - Math.Max(1, count / Folds) : count;
        Episode Of(int[] support, int[] query) => new(pool.Task, support, pool.Query is null ? query : RowSampler.Some(pool.Query, pool.Query.Length, random), pool.Task.Classes);
        foreach (int size in ScoreCalibration.Sizes.Where(size => size < most))
        {
            int[] order = RowSampler.Some(pool.Support, count, random);
            yield return Of(order[..size], order[size..]);
        }

        int[] rows = RowSampler.Some(pool.Support, count, random);
        if (pool.Query is not null)
            yield return Of(rows, []);
        for (int fold = 0; fold < Folds && pool.Query is null; fold++)
        {
            int first = fold * count / Folds, end = (fold + 1) * count / Folds;
            if (end > first)
                yield return Of([.. rows[..first], .. rows[end..]], rows[first..end]);
        }
    }

    private static IEnumerable<Row> Rows(TaskSet set, MetaModel model, Episode[] episodes)
    {
        IReadOnlyList<AdaptedTask> adapted = model.AdaptStandardized(set.With([.. episodes.Select(episode => episode.Task.Take(episode.Support))]), new AdaptationOptions());
        MetaScorer scorer = model.CreateScorer();
        LinearHead? prior = adapted.Any(task => task.EncoderParameters is null) ? model.Prior!.Head : null;
        foreach (var (episode, task) in episodes.Zip(adapted))
        {
            foreach (int position in episode.Query)
            {
                FeatureRow features = set.Features[episode.Task.Rows[position]];
                float score = scorer.Score(task, features, out float deviation)[0];
                float one = float.IsNaN(deviation) ? 1 : 1 / deviation; // scores are divided by the deviation, and so are additions to the head
                float priorScore = task.EncoderParameters is null ? one * prior!.Score(scorer.Embedding(0), 0) : score;
                yield return new Row(episode.Support.Length, score, priorScore, one, episode.Task.Labels[position], episode.Task.Weights?[position] ?? 1);
            }
        }
    }

    // The first fit gives the map for all sizes. The second fit maps its result for each size: a factor of the whole, a factor of the
    // difference from the prior, and an offset.
    private static ScoreCalibration FitSlopes(Row[] rows)
    {
        double[] common = Fit(rows, [1, 0, 0], [Free, Free, Free], (row, x) => (x[0], x[1], x[2]) = (row.Score, row.PriorScore, row.One));
        double own = Math.Max(0, common[0]), prior = common[1], offset = common[2], total = Math.Max(SmallestSlope, own + prior);
        prior = total - own;
        int sizes = ScoreCalibration.Sizes.Count;
        double[] maps = Fit(rows, [.. Enumerable.Repeat(1.0, sizes), .. new double[2 * sizes]], [.. Enumerable.Repeat(OfSlope, 2 * sizes), .. Enumerable.Repeat(OfOffset, sizes)], (row, x) =>
        {
            foreach (var (at, share) in ScoreCalibration.Shares(row.Support))
            {
                x[at] = (float)(share * (own * row.Score + prior * row.PriorScore + offset * row.One));
                x[sizes + at] = (float)(share * total * (row.Score - row.PriorScore));
                x[2 * sizes + at] = (float)share * row.One;
            }
        });
        double[] totals = [.. maps[..sizes].Select(factor => Math.Max(SmallestSlope, factor * total))];
        double[] slopes = [.. totals.Select((sum, at) => Math.Max(0, sum / total * own + maps[sizes + at] * total))];
        return new ScoreCalibration(slopes, [.. totals.Zip(slopes, (sum, slope) => sum - slope)], [.. totals.Select((sum, at) => sum / total * offset + maps[2 * sizes + at])]);
    }

    private static ScoreCalibration FitOffsets(Row[] rows, ScoreCalibration start)
    {
        int sizes = ScoreCalibration.Sizes.Count;
        double[] map = Fit(rows, [1, .. new double[1 + sizes]], [0, Free, .. Enumerable.Repeat(OfOffset, sizes)], (row, x) =>
        {
            x[1] = row.One;
            foreach (var (at, share) in ScoreCalibration.Shares(row.Support))
            {
                x[0] += (float)(share * (start.Slopes[at] * row.Score + start.PriorSlopes[at] * row.PriorScore + start.Offsets[at] * row.One));
                x[2 + at] = (float)share * row.One;
            }
        });
        return start with { Offsets = [.. start.Offsets.Select((offset, at) => offset + map[1] + map[2 + at])] };
    }

    // Logistic regression without an intercept, with a normal prior around a centre.
    private static double[] Fit(Row[] rows, double[] centre, double[] deviations, FillRow fill)
    {
        int dimension = centre.Length;
        var embeddings = new float[rows.Length * dimension];
        for (int i = 0; i < rows.Length; i++)
            fill(rows[i], embeddings.AsSpan(i * dimension, dimension));
        var task = new EmbeddedTask(embeddings, dimension, Array.ConvertAll(rows, row => row.Label), Array.ConvertAll(rows, row => row.Weight), 1);
        var fit = new PenalizedFit(LabelKind.Binary, task, [.. centre, 0], [.. deviations, 0], null);
        return Array.ConvertAll(fit.ToHead(fit.Minimize()).Weights, weight => (double)weight);
    }

    private delegate void FillRow(Row row, Span<float> x);

    private readonly record struct Row(int Support, float Score, float PriorScore, float One, float Label, float Weight);
}
