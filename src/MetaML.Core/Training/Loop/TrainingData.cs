using MetaML.Data;

namespace MetaML.Training.Loop;

/// <summary>The data that all candidates of a training share: the validation split, standardised labels, and the scalings of features.</summary>
internal sealed class TrainingData
{
    private readonly MeasuredFeatures _features;

    private TrainingData(MeasuredFeatures features, IReadOnlyList<PreparedProblem> problems)
    {
        _features = features;
        Problems = problems;
    }

    /// <summary>The tasks of each kind of label; all on the same features.</summary>
    public IReadOnlyList<PreparedProblem> Problems { get; }

    /// <summary>Whether validation episodes can be drawn.</summary>
    public bool HasValidation => Problems.Any(problem => problem.Source.Validation is not null);

    /// <summary>The other parts of a cross-validation. A problem with fewer parts than another keeps its first part.</summary>
    public IEnumerable<TrainingData> OtherFolds()
    {
        PreparedProblem[][] folds = [.. Problems.Select(problem => problem.OtherFolds.ToArray())];
        return Enumerable.Range(0, folds.Max(parts => parts.Length)).Select(fold => new TrainingData(_features, [.. Problems.Select((problem, i) => fold < folds[i].Length ? folds[i][fold] : problem)]));
    }

    /// <summary>Splits the tasks and standardises their labels.</summary>
    /// <param name="problems">On one feature store.</param>
    /// <param name="options">Validated.</param>
    /// <param name="run">Of the whole training.</param>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from.</exception>
    public static TrainingData Prepare(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run) => new(
        new MeasuredFeatures(problems[0].Features),
        [.. problems.Select(problem => new PreparedProblem(problem, options, run.Decide, run.Warn, fewestTasks: problems.Count == 1 && options.Adapter?.LearnsOneTask() != true ? 2 : 1))]);

    /// <summary>The scaling of features before an encoder; null for none.</summary>
    public FeatureScaling? ScalingFor(EncoderOptions encoder) => encoder.Scaling(_features);
}
