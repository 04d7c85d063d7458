using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training.Validation;

/// <summary>The episodes that learners are judged on. Their supports have the sizes that new tasks and known tasks have.</summary>
/// <remarks>
/// If the options leave the support open, each task is adapted on each of <see cref="ScoreCalibration.Sizes"/> that leaves a fifth of
/// its rows, drawn without regard to classes, and on four fifths of its rows, as a known task is. Otherwise episodes are drawn as in
/// training.
/// </remarks>
internal static class HeldOutEpisodes
{
    private const int DrawnBatches = 8;
    private const int MaximumTasks = 256;
    private const int MaximumRows = 200_000; // query rows of all episodes
    private const int Folds = 5;
    private const int ManyTasks = 50; // of so many tasks, one fifth of the rows is the query, instead of each fifth in turn, unless a class is rare
    private const int RareClass = 1000; // rows

    /// <summary>The episodes by which losses are compared: the same for all candidates.</summary>
    /// <param name="problem">A problem with validation data.</param>
    /// <param name="options">The options of the training.</param>
    /// <param name="seed">The seed of the draws.</param>
    public static Episode[] Of(LearningProblem problem, MetaTrainingOptions options, int seed)
    {
        TaskSet tasks = problem.Tasks;
        if (problem.Validation is null)
            return [];
        if (!options.Episodes.IsSupportOpen || !problem.Design.Head.HasCommonOutputs || problem.Prepared.Source.ValidationPools.Count == 0)
            return Drawn(problem, seed);
        bool hasEmpty = RowSampler.EmptyShareOf(tasks.Kind, tasks.HasCommonOutputs, options.Episodes) > 0;
        Episode[] episodes = OfSizes(tasks.Kind, problem.Prepared.Source.ValidationPools, new Random(~seed));
        return options.HoldsOutRows
            ? [.. episodes.GroupBy(episode => episode.TaskNumber).Select(task => task.MaxBy(episode => episode.Support.Length)!)] // the tasks are scored later with all their rows
            : [.. episodes.Where(episode => hasEmpty || episode.Support.Length > 0)];
    }

    /// <summary>Episodes that are drawn as in training; none if nothing is held out.</summary>
    /// <param name="problem">A problem.</param>
    /// <param name="seed">The seed of the draws.</param>
    public static Episode[] Drawn(LearningProblem problem, int seed)
    {
        var random = new Random(~seed);
        return problem.Validation is { } sampler ? [.. Enumerable.Range(0, DrawnBatches).SelectMany(_ => sampler.Draw(random))] : [];
    }

    /// <summary>Episodes with supports of all sizes.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="pools">The rows of each task.</param>
    /// <param name="random">The source of the draws.</param>
    public static Episode[] OfSizes(LabelKind kind, IReadOnlyList<EpisodePool> pools, Random random)
    {
        int folds = pools.Count < ManyTasks || (kind != LabelKind.Regression && EpisodePool.RowsOfClasses(pools).Any(rows => rows < RareClass)) ? Folds : 1;
        int[] some = RowSampler.Some(pools.Count, Math.Min(pools.Count, MaximumTasks), random);
        Episode[] episodes = [.. some.SelectMany(i => OfSizes(pools[i], folds, random))];
        int queries = Math.Max(1, MaximumRows / Math.Max(1, episodes.Length));
        return Array.ConvertAll(episodes, episode => new Episode(episode.Task, episode.Support, episode.Query[..Math.Min(queries, episode.Query.Length)], episode.Classes));
    }

    private static IEnumerable<Episode> OfSizes(EpisodePool pool, int folds, Random random)
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
        for (int fold = 0; fold < folds && pool.Query is null; fold++)
        {
            int first = fold * count / Folds, end = (fold + 1) * count / Folds;
            if (end > first)
                yield return Of([.. rows[..first], .. rows[end..]], rows[first..end]);
        }
    }
}
