using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>A trained learner with its losses on the validation episodes.</summary>
/// <param name="Learner">The learner.</param>
/// <param name="Episodes">The same episodes for every learner of a training.</param>
internal sealed record EvaluatedLearner(TrainedLearner Learner, IReadOnlyList<EvaluatedEpisode> Episodes)
{
    /// <summary>The learner in a few words.</summary>
    public string Name => LearnerChoice.Describe(Learner.Options);

    /// <summary>The mean loss of the episodes.</summary>
    public double Loss => Episodes.Average(episode => episode.Loss);

    /// <summary>The models, which know all tasks.</summary>
    /// <param name="run">Of the whole training.</param>
    public IReadOnlyList<MetaModel> Complete(TrainingRun run) => Learner.Complete(Episodes, run);
}
