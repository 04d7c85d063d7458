using System.Diagnostics;
using MetaML.Data;
using MetaML.Models;
using MetaML.Training.Checkpoints;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Learns across tasks: θ* = argmin Σᵢ λᵢ Lᵢ(θ), with Lᵢ the query loss of task i after adapting on its support.</summary>
/// <remarks>The same seed and machine give the same bits, unless <see cref="TrainingLoopOptions.MaximumTrainingTime"/> ends the training.</remarks>
public static class MetaTrainer
{
    /// <summary>Learns an encoder and an adapter from tasks.</summary>
    /// <param name="training">The tasks; validation is split off them.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <returns>The model with the parameters that were best on validation.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from, the loss is no longer finite, or the checkpoint is of another training.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and the best so far is not to be kept.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static MetaModel Train(TaskSet training, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null) =>
        Train([training], options, log, warn)[0];

    /// <summary>Learns one encoder for tasks of several kinds of label, and an adapter for each kind.</summary>
    /// <param name="problems">The tasks of each kind, on one feature store; validation is split off them.</param>
    /// <param name="options">How to learn; the adapter must serve every kind.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <returns>A model for each problem, with the parameters that were best on the validation of all together.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; or there is no problem, or they differ in their features.</exception>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from, the loss is no longer finite, or the checkpoint is of another training.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, and the best so far is not to be kept.</exception>
    /// <exception cref="IOException">The checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static IReadOnlyList<MetaModel> Train(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        IReadOnlyList<MetaModel> models = Learn(problems, options, log, warn);
        TrainingCheckpoint.Delete(options.CheckpointPath);
        return models;
    }

    /// <summary>The same, but the checkpoint stays until the caller has done what is left to do, and deletes it.</summary>
    internal static IReadOnlyList<MetaModel> Learn(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? log, Action<string>? warn)
    {
        if (problems.Count == 0 || problems.Any(problem => problem.Features != problems[0].Features))
            throw new ArgumentException($"Problems must be at least one, all on the same feature store; got {problems.Count}. They could not share an encoder. Add every problem's rows to one store.", nameof(problems));
        foreach (TaskSet problem in problems)
            options.Validate(problem.Kind);
        return Learn(problems, options, new TrainingRun(log, warn, new TrainingStop(options), TrainingCheckpoint.Open(problems, options, warn)));
    }

    /// <summary>A training, or its first half.</summary>
    internal static IReadOnlyList<MetaModel> Learn(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run)
    {
        foreach (string reason in options.Reasons.Concat(EpisodeReasons.OfClasses(problems, options)))
            run.Decide(reason);
        options = JointTraining.Pretrain(problems, options with { Reasons = [] }, run);
        MetaTrainingOptions[] candidates = LearnerChoice.Candidates(problems, options, run.Decide);
        foreach (MetaTrainingOptions candidate in candidates)
            candidate.Adapter!.Validate(candidate.Encoder!);
        var data = TrainingData.Prepare(problems, options, run);
        bool canChoose = data.HasValidation;
        if (!canChoose && candidates.Length > 1)
            run.Decide($"Learner: {LearnerChoice.Describe(candidates[0])}, the simplest, since nothing is held out to choose by.");
        if (!canChoose || candidates.Length == 1)
            return Learner.Train(data, candidates[0], run).Complete(null, run);

        EvaluatedLearner[] evaluated = [.. Compare(data, candidates, run)];
        if (evaluated.Length == 1)
            return evaluated[0].Learner.Complete(null, run);
        EvaluatedLearner chosen = LearnerChoice.Choose(evaluated);
        run.Decide($"Learner: {chosen.Name}. Loss on {chosen.Episodes.Count} validation episodes: {string.Join(", ", evaluated.Select(learner => $"{learner.Name} {learner.Loss:G4}"))}; the simpler one is kept unless the other is better by more than a standard error.");
        return chosen.Complete(run);
    }

    // The first candidate needs nothing that may be absent. A later one is left out if it cannot be trained.
    private static IEnumerable<EvaluatedLearner> Compare(TrainingData data, MetaTrainingOptions[] candidates, TrainingRun run)
    {
        EvaluatedLearner best = Measured(() => Learner.Train(data, candidates[0], run).Evaluate(run))!;
        yield return best;
        foreach (MetaTrainingOptions candidate in candidates.Skip(1))
        {
            if (run.Stop.Reason is { } reason)
            {
                run.Stop.ThrowUnlessBestIsKept();
                run.Decide($"{LearnerChoice.Describe(candidate)} is not tried: {reason}.");
            }
            else if (Measured(() => TryTrain(data, candidate, run with { ToBeat = (best.Name, best.Loss) })?.Evaluate(run)) is { } learner)
            {
                if (learner.Loss < best.Loss)
                    best = learner;
                yield return learner;
            }
        }

        EvaluatedLearner? Measured(Func<EvaluatedLearner?> train)
        {
            var clock = Stopwatch.StartNew();
            EvaluatedLearner? learner = train();
            if (learner is not null)
                run.Log?.Invoke($"{learner.Name}: training and validation took {clock.Elapsed.TotalSeconds:F1} s.");
            return learner;
        }
    }

    private static TrainedLearner? TryTrain(TrainingData data, MetaTrainingOptions candidate, TrainingRun run)
    {
        try
        {
            return Learner.Train(data, candidate, run with { Warn = null });
        }
        catch (DllNotFoundException error)
        {
            run.Decide($"{LearnerChoice.Describe(candidate)} is not tried, since the native torch library is absent.");
            run.Warn?.Invoke($"{LearnerChoice.Describe(candidate)} is not tried: {error.Message}");
            return null;
        }
    }
}
