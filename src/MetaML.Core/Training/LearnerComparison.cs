using System.Diagnostics;
using MetaML.Training.Loop;
using MetaML.Training.Validation;

namespace MetaML.Training;

/// <summary>Cross-validation of candidates over tasks: each fold of tasks is judged by learners that were not trained on it.</summary>
/// <remarks>
/// A candidate without an encoder is fitted anew for each fold, so that all tasks are judged. A candidate with an encoder is
/// trained without the first fold. It is trained again for each of the other folds only while it is neither clearly worse nor clearly better than the best one so far.
/// </remarks>
/// <param name="data">The data that all candidates share.</param>
/// <param name="run">The run of the whole training.</param>
internal sealed class LearnerComparison(TrainingData data, TrainingRun run)
{
    private readonly TrainingData[] _otherFolds = [.. data.OtherFolds()];
    private bool _isLibraryAbsent; // said once, for the first candidate that needs it

    /// <summary>Trains and judges a candidate; null if the native torch library is absent.</summary>
    /// <param name="candidate">Validated options with encoder and adapter set.</param>
    /// <param name="best">The best candidate so far; null for the first, which must be trained.</param>
    public EvaluatedLearner? Evaluate(MetaTrainingOptions candidate, EvaluatedLearner? best)
    {
        var clock = Stopwatch.StartNew();
        if (Train(candidate, best) is not { } learner)
            return null;
        EvaluatedLearner evaluated = Judge(learner, best);
        run.Log?.Invoke($"{evaluated.Name}: training and validation took {clock.Elapsed.TotalSeconds:F1} s.");
        return evaluated;
    }

    /// <summary>Judges a trained learner that is the only one. If it has an encoder, it is fitted for further folds only until enough tasks are judged.</summary>
    /// <param name="learner">Trained without the first fold.</param>
    public EvaluatedLearner JudgeAlone(TrainedLearner learner) => Judge(learner, folds =>
        !learner.IsUntrained || (learner.HasEncoder && folds.SelectMany(fold => fold).SelectMany(problem => problem.Rows).Select(row => row.Unit).Distinct().Count() >= EvaluatedLearner.MinimumTasksOfSlopes));

    // The first learner is judged on all folds, so that others can be compared with it, unless an outer loop would have to run for each.
    private EvaluatedLearner Judge(TrainedLearner learner, EvaluatedLearner? best) => Judge(learner, best is null
        ? _ => !learner.IsUntrained
        : folds => (learner.HasEncoder || !learner.IsUntrained) && !LearnerChoice.IsInDoubt(Evaluated(learner, folds), best));

    private EvaluatedLearner Judge(TrainedLearner learner, Func<IReadOnlyList<HeldOutProblem[]>, bool> isEnough)
    {
        List<HeldOutProblem[]> folds = [learner.ScoreHeldOut(0, run)];
        TrainingRun quiet = run with { Log = null, Warn = null };
        for (int fold = 0; fold < _otherFolds.Length && run.Stop.Reason is null && !isEnough(folds); fold++)
            folds.Add(learner.OnFold(_otherFolds[fold], quiet).ScoreHeldOut(fold + 1, quiet));
        return Evaluated(learner, folds);
    }

    private EvaluatedLearner Evaluated(TrainedLearner learner, IReadOnlyList<HeldOutProblem[]> folds) =>
        EvaluatedLearner.Of(learner, folds, folds.Count > _otherFolds.Length, run);

    private TrainedLearner? Train(MetaTrainingOptions candidate, EvaluatedLearner? best)
    {
        if (best is null)
            return Learner.Train(data, candidate, run);
        try
        {
            return Learner.Train(data, candidate, run with { Warn = null, ToBeat = (best.Name, new Lazy<double>(() => best.Learner.LossOnDrawnEpisodes(run))) });
        }
        catch (DllNotFoundException) when (_isLibraryAbsent)
        {
            return null;
        }
        catch (DllNotFoundException error)
        {
            _isLibraryAbsent = true;
            run.Decide($"{LearnerName.Of(candidate)} is not tried, since the native torch library is absent.");
            run.Warn?.Invoke($"{LearnerName.Of(candidate)} is not tried: {error.Message}");
            return null;
        }
    }
}
