using MetaML.Data;
using MetaML.Models;
using MetaML.Training.Checkpoints;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Learns across tasks: θ* = argmin Σᵢ λᵢ Lᵢ(θ), with Lᵢ the query loss of task i after adapting on its support.</summary>
/// <remarks>On the same machine, the same seed gives bitwise equal results, unless <see cref="TrainingLoopOptions.MaximumTrainingTime"/> ends the training.</remarks>
public static class MetaTrainer
{
    /// <summary>Learns an encoder and an adapter from tasks.</summary>
    /// <param name="training">The tasks. Validation data are split from them.</param>
    /// <param name="options">The options of training.</param>
    /// <param name="log">Receives each choice and its reason; may be null.</param>
    /// <param name="warn">Receives warnings; may be null.</param>
    /// <returns>The model, with the parameters of the best validation loss.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The tasks are not suitable for training, the loss is not finite, or the checkpoint is of another training.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and <see cref="TrainingLoopOptions.KeepBestWhenCancelled"/> is false.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static MetaModel Train(TaskSet training, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null) =>
        Train([training], options, log, warn)[0];

    /// <summary>Learns one encoder for tasks of several kinds of label, and an adapter for each kind.</summary>
    /// <param name="problems">The tasks of each label kind, on one feature store. Validation data are split from them.</param>
    /// <param name="options">The options of training. The adapter must support every label kind.</param>
    /// <param name="log">Receives each choice and its reason; may be null.</param>
    /// <param name="warn">Receives warnings; may be null.</param>
    /// <returns>A model for each problem, with the parameters of the best validation loss over all problems.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, there is no problem, or the problems have different feature stores.</exception>
    /// <exception cref="InvalidOperationException">The tasks are not suitable for training, the loss is not finite, or the checkpoint is of another training.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and <see cref="TrainingLoopOptions.KeepBestWhenCancelled"/> is false.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static IReadOnlyList<MetaModel> Train(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        IReadOnlyList<MetaModel> models = Learn(problems, options, log, warn);
        TrainingCheckpoint.Delete(options.CheckpointPath);
        return models;
    }

    /// <summary>The same, but without deletion of the checkpoint. The caller deletes it after its own remaining work.</summary>
    internal static IReadOnlyList<MetaModel> Learn(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? log, Action<string>? warn)
    {
        if (problems.Count == 0 || problems.Any(problem => problem.Features != problems[0].Features))
            throw new ArgumentException($"Problems must be at least one, all on the same feature store; got {problems.Count}. They could not share an encoder. Add every problem's rows to one store.", nameof(problems));
        foreach (TaskSet problem in problems)
            options.Validate(problem.Kind);
        CovariateCheck.Check(problems, options);
        foreach (TaskSet problem in problems)
            CountRule.Check(problem, options.Adapter?.PredictsCounts(problem.Kind) == true);
        var run = new TrainingRun(log, warn, new TrainingStop(options), TrainingCheckpoint.Open(problems, options, warn));
        LabelSizes?[] sizes = [.. problems.Select(problem => options.Adapter?.PredictsCounts(problem.Kind) == true ? null : LabelSizes.Choose(problem, options.ScaleLabelsByTask, run.Decide))];
        IReadOnlyList<MetaModel> models = Learn([.. problems.Zip(sizes, (problem, own) => own?.Apply(problem) ?? problem)], options, run);
        return [.. models.Zip(sizes, (model, own) => own is null ? model : model.BySize(own))];
    }

    /// <summary>Runs a training, or the first half of joint training.</summary>
    internal static IReadOnlyList<MetaModel> Learn(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run)
    {
        foreach (string reason in options.Reasons.Concat(EpisodeReasons.OfClasses(problems, options)).Concat(CovariateCheck.Reasons(problems, options)))
            run.Decide(reason);
        bool isForNewClasses = (options.Episodes.Ways is not null || problems.All(problem => !problem.HasCommonOutputs)) && options.Adapter is not GradientAdapterOptions;
        bool keepsCovariances = (options.Adapter ?? LearnerCandidates.AdapterOn(options.Encoder, problems)) is BayesianAdapterOptions;
        options = options with { Encoder = options.Encoder?.For(isForNewClasses, keepsCovariances, problems[0].Features) };
        options = JointTraining.Pretrain(problems, options with { Reasons = [] }, run);
        options = LearnerCandidates.ForOneTask(problems, options, run.Decide);
        MetaTrainingOptions[] candidates = LearnerCandidates.Of(problems, options, run.Decide);
        foreach (MetaTrainingOptions candidate in candidates)
            candidate.Adapter!.Validate(candidate.Encoder!);
        var data = TrainingData.Prepare(problems, options, run);
        candidates = Array.ConvertAll(candidates, candidate => EffectChoice.Decide(candidate, data, run));
        if (candidates.Length == 1 || !data.HasValidation)
        {
            if (candidates.Length > 1)
                run.Decide($"Learner: {LearnerName.Of(candidates[0])}, the simplest, since there are no validation data to choose with.");
            TrainedLearner learner = Learner.Train(data, candidates[0], run);
            return learner.Complete(learner.HasCalibration ? new LearnerComparison(data, run).JudgeAlone(learner) : null, run);
        }

        EvaluatedLearner[] evaluated = [.. Compare(new LearnerComparison(data, run), candidates, run)];
        EvaluatedLearner chosen = LearnerChoice.Choose(evaluated);
        run.Decide($"Learner: {chosen.Name}. Loss on held-out tasks: {string.Join(", ", evaluated.Select(learner => $"{learner.Name} {learner.Loss:G4}"))}.{(evaluated.Length > 1 ? " " + LearnerChoice.Rule : "")}");
        return chosen.Complete(run with { Candidates = [.. evaluated.Select(learner => new LearnerCandidate(learner.Name, learner.Loss, learner == chosen))] });
    }

    // The first candidate can always be trained. A later one is skipped if it cannot.
    private static IEnumerable<EvaluatedLearner> Compare(LearnerComparison comparison, MetaTrainingOptions[] candidates, TrainingRun run)
    {
        EvaluatedLearner best = comparison.Evaluate(candidates[0], null)!;
        yield return best;
        foreach (MetaTrainingOptions candidate in candidates.Skip(1))
        {
            if (run.Stop.Reason is { } reason)
            {
                run.Stop.ThrowUnlessBestIsKept();
                run.Decide($"{LearnerName.Of(candidate)} is not tried: {reason}.");
            }
            else if (LearnerCandidates.NeedsStructure(candidate, best.Learner) && !best.Learner.HasStructuredResiduals(run))
            {
                run.Decide($"{LearnerName.Of(candidate)} is not tried, since the residuals of {best.Name} show no dependence that it could learn.");
            }
            else if (LearnerCandidates.IsForOutliers(candidate) && !best.HasHeavyTails)
            {
                run.Log?.Invoke($"{LearnerName.Of(candidate)} is not tried, since the residuals of {best.Name} have no heavy tails.");
            }
            else if (comparison.Evaluate(candidate, best) is { } learner)
            {
                best = LearnerChoice.Choose([best, learner]);
                yield return learner;
            }
        }
    }
}
