using MetaML.Models;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>A trained learner with its losses on the validation episodes.</summary>
/// <param name="Learner">The learner.</param>
/// <param name="Episodes">The same episodes for every learner of a training.</param>
internal sealed record EvaluatedLearner(TrainedLearner Learner, IReadOnlyList<EvaluatedEpisode> Episodes)
{
    /// <summary>The name of the learner: encoder and adapter.</summary>
    public string Name => LearnerChoice.Describe(Learner.Options);

    /// <summary>The mean loss of the episodes.</summary>
    public double Loss => Episodes.Average(episode => episode.Loss);

    /// <summary>The models, with priors completed on all tasks.</summary>
    /// <param name="run">The whole training.</param>
    public IReadOnlyList<MetaModel> Complete(TrainingRun run) => Learner.Complete(Episodes, run);
}
