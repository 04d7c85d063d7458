using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training.Validation;

/// <summary>Scores the query rows of episodes after adaptation on their supports.</summary>
internal static class HeldOutScores
{
    // Episodes that are adapted together, so that their heads and deviations are not all in memory.
    private const int MostEpisodes = 256;
    private const double MostValues = 2e7;

    /// <summary>The scored rows. A row whose class the support does not have is left out if each task has its own classes.</summary>
    /// <param name="problem">The problem of the episodes.</param>
    /// <param name="model">A model without calibration.</param>
    /// <param name="episodes">The episodes.</param>
    /// <param name="unitOf">The unit of a task number.</param>
    /// <param name="endsNow">Whether scoring must end: the episodes after the first ones are then left out.</param>
    public static IEnumerable<HeldOutRow> Of(LearningProblem problem, MetaModel model, IReadOnlyList<Episode> episodes, Func<int, HeldOutUnit> unitOf, Func<bool> endsNow)
    {
        double values = Math.Pow(model.EmbeddingDimension + 1, model.GivesDeviation ? 2 : 1);
        return episodes.Chunk((int)Math.Clamp(MostValues / values, 1, MostEpisodes)).TakeWhile((_, group) => group == 0 || !endsNow()).SelectMany(group => Of(problem, model, group, unitOf));
    }

    private static IEnumerable<HeldOutRow> Of(LearningProblem problem, MetaModel model, Episode[] episodes, Func<int, HeldOutUnit> unitOf)
    {
        TaskSet support = problem.Tasks.With([.. episodes.Select(episode => episode.Task.Take(episode.Support))]);
        IReadOnlyList<AdaptedTask> adapted = model.AdaptStandardized(support, new AdaptationOptions());
        MetaScorer scorer = model.CreateScorer();
        foreach (var (episode, task) in episodes.Zip(adapted))
        {
            LinearHead? prior = model.Kind != LabelKind.Regression && model.HasCommonOutputs && task.EncoderParameters is null ? model.PriorHeadOf(episode.Task.Covariates) : null;
            foreach (int position in episode.Query)
            {
                float label = problem.Prepared.LabelOf(episode, position); // heads score in the user's units
                if (model.Kind == LabelKind.Multiclass)
                {
                    int output = task.OutputOf((int)label);
                    if (output < 0)
                        continue;
                    label = output;
                }

                float[] scores = [.. scorer.Score(task, problem.Tasks.Features[episode.Task.Rows[position]], out float deviation)];
                float one = float.IsNaN(deviation) ? 1 : 1 / deviation; // scores are divided by the deviation, and so are additions to the head
                float[] priorScores = prior is not null ? [.. Enumerable.Range(0, scores.Length).Select(k => one * prior.Score(scorer.Embedding(0), k))] : scores;
                yield return new HeldOutRow(unitOf(episode.TaskNumber), episode.Support.Length, label, episode.Task.Weights?[position] ?? 1, scores, priorScores, one);
            }
        }
    }
}
