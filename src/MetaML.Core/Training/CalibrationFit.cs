using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Fits the <see cref="ScoreCalibration"/> of a model with binary labels: logistic regression of labels on scores, on the query rows of episodes with supports of several sizes.</summary>
/// <remarks>
/// The episodes are of the validation tasks. If the encoder has no trained parameters, they are of training tasks too, since the few
/// parameters that all tasks share do not fit single rows. Supports are drawn without regard to classes. Slope and offset of each size
/// are those of all sizes plus a deviation, and a penalty keeps the deviation small.
/// </remarks>
internal static class CalibrationFit
{
    private const int MaximumTasks = 128;
    private const int MaximumRows = 20_000;
    private const int FewestOfClass = 10; // of query rows

    // Standard deviations, before any row is seen, of the slope and the offset of all sizes, and of the deviations of one size.
    private const double Common = 3, OfSlope = 0.2, OfOffset = 0.1;

    /// <summary>The calibration; null if the labels are not binary, or if there are too few rows to fit it on.</summary>
    /// <param name="problem">With validation pools.</param>
    /// <param name="model">Without calibration.</param>
    /// <param name="seed">Of the rows that are drawn.</param>
    public static ScoreCalibration? Fit(LearningProblem problem, MetaModel model, int seed)
    {
        if (model.Kind != LabelKind.Binary || problem.Prepared.Source.ValidationPools.Count == 0)
            return null;
        var random = new Random(seed);
        Episode[] episodes = [.. Pools(problem, random).SelectMany(pool => Episodes(pool, random))];
        int queries = Math.Max(1, MaximumRows / Math.Max(1, episodes.Length));
        Row[] rows = [.. Rows(problem.Tasks, model, [.. episodes.Select(episode => new Episode(episode.Task, episode.Support, episode.Query[..Math.Min(queries, episode.Query.Length)], episode.Classes))])];
        return Math.Min(rows.Count(row => row.Label > 0), rows.Count(row => row.Label == 0)) < FewestOfClass ? null : Fit(rows);
    }

    private static IEnumerable<EpisodePool> Pools(LearningProblem problem, Random random)
    {
        EpisodeSource source = problem.Prepared.Source;
        EpisodePool[] held = [.. source.ValidationPools];
        random.Shuffle(held);
        bool isTrained = problem.Design.Encoder.Parameters.Any(spec => spec.IsTrained);
        EpisodePool[] trained = isTrained || !source.HoldsOutTasks ? [] : [.. source.TrainingPools.Where(pool => pool.Support.Length > 1)];
        random.Shuffle(trained);
        return held.Concat(trained).Take(MaximumTasks);
    }

    // One episode for each size of the support that leaves a fifth of the rows to the query, and one with the largest such support.
    private static IEnumerable<Episode> Episodes(EpisodePool pool, Random random)
    {
        int most = pool.Query is null ? pool.Support.Length - Math.Max(1, pool.Support.Length / 5) : pool.Support.Length;
        foreach (int size in ScoreCalibration.Sizes.Where(size => size < most).Append(most))
        {
            int[] order = RowSampler.Some(pool.Support, pool.Support.Length, random);
            yield return new Episode(pool.Task, order[..size], pool.Query is null ? order[size..] : RowSampler.Some(pool.Query, pool.Query.Length, random), pool.Task.Classes);
        }
    }

    private static IEnumerable<Row> Rows(TaskSet set, MetaModel model, Episode[] episodes)
    {
        IReadOnlyList<AdaptedTask> adapted = model.AdaptStandardized(set.With([.. episodes.Select(episode => episode.Task.Take(episode.Support))]), new AdaptationOptions());
        MetaScorer scorer = model.CreateScorer();
        foreach (var (episode, task) in episodes.Zip(adapted))
        {
            foreach (int position in episode.Query)
            {
                float score = scorer.Score(task, set.Features[episode.Task.Rows[position]], out float deviation)[0];
                float offset = float.IsNaN(deviation) ? 1 : 1 / deviation; // an offset of the head is divided by the deviation
                yield return new Row(episode.Support.Length, score, offset, episode.Task.Labels[position], episode.Task.Weights?[position] ?? 1);
            }
        }
    }

    // Logistic regression on the score and on 1, and on both times the share of each size.
    private static ScoreCalibration Fit(Row[] rows)
    {
        int sizes = ScoreCalibration.Sizes.Count, dimension = 2 * (1 + sizes);
        var embeddings = new float[rows.Length * dimension];
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> own = embeddings.AsSpan(i * dimension, dimension);
            (own[0], own[1]) = (rows[i].Score, rows[i].Offset);
            foreach (var (at, share) in ScoreCalibration.Shares(rows[i].Support))
                (own[2 + 2 * at], own[3 + 2 * at]) = ((float)share * rows[i].Score, (float)share * rows[i].Offset);
        }

        var task = new EmbeddedTask(embeddings, dimension, Array.ConvertAll(rows, row => row.Label), Array.ConvertAll(rows, row => row.Weight), 1);
        double[] identity = [1, .. new double[dimension]];
        double[] deviations = [Common, Common, .. Enumerable.Range(0, sizes).SelectMany(_ => new[] { OfSlope, OfOffset }), 0]; // the offset takes the place of the intercept
        var fit = new PenalizedFit(LabelKind.Binary, task, identity, deviations, null);
        float[] map = fit.ToHead(fit.Minimize()).Weights;
        return new ScoreCalibration(
            [.. Enumerable.Range(0, sizes).Select(size => Math.Max(SmallestSlope, map[0] + map[2 + 2 * size]))],
            [.. Enumerable.Range(0, sizes).Select(size => (double)map[1] + map[3 + 2 * size])]);
    }

    private const double SmallestSlope = 1e-3; // a calibrated score never falls where the score rises

    private readonly record struct Row(int Support, float Score, float Offset, float Label, float Weight);
}
