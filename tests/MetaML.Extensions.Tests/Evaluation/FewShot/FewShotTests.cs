using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.FewShot;

public sealed class FewShotTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer"), s_multiclass = new("multiclass", "Key"), s_regression = new("regression", "Value");

    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly FewShotOptions _options = new() { SupportSizes = [4, 10], Draws = 3 };
    private readonly List<TaskRow> _news = Some.Tasks(4, firstTask: 50);

    [Fact]
    public void Evaluate_FewRowsOfManyNewTasks_LearningAcrossTasksIsBest()
    {
        // Three trainings: with twelve tasks, the two that are held out decide which parameters are best.
        string[] trainings = ["1", "2", "3"];
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(
            View(Some.Tasks(40, firstTask: 50)),
            [
                LearningStrategy.FromScratch("from scratch", Linear()),
                .. trainings.Select(seed => LearningStrategy.MetaLearned(seed, s_binary.Pipeline(_ml).Fit(View(Some.Tasks(seed: int.Parse(seed, CultureInfo.InvariantCulture)))))),
            ],
            labelColumnName: "Answer",
            options: _options);
        double gain = trainings.Average(seed => result.Compare(seed, "from scratch", 4).Gain.Mean);
        Assert.True(gain > 0.05, $"gain {gain}");
    }

    [Fact]
    public void Evaluate_SeveralStrategies_AreComparedOnTheSameTasks()
    {
        var steps = new List<FewShotProgress>();
        FewShotEvaluation result = Evaluate(
            [
                LearningStrategy.MetaLearned("meta-learned", s_binary.Pipeline(_ml)),
                LearningStrategy.FromScratch("from scratch", Linear()),
                LearningStrategy.Pooled("pooled", Linear()),
                LearningStrategy.MetaLearned("given", s_binary.Pipeline(_ml).Fit(View(Some.Tasks()))),
            ],
            progress: new Listener(steps.Add));

        Assert.Equal(LabelKind.Binary, result.Kind);
        Assert.All(result.Curves, curve => Assert.Equal([4, 10], curve.Points.Select(point => point.SupportSize)));
        Assert.All(result.Curves, curve => Assert.All(curve.Points, point => Assert.Equal(["task50", "task51", "task52", "task53"], point.Evaluation.Tasks.Select(task => task.Task))));
        Assert.Equal(_news.GroupBy(row => row.Task).Select(task => task.Count() - 10), result["pooled"].Points[0].Evaluation.Tasks.Select(task => task.RowCount));
        Assert.Equal(0.5 * (result["pooled"].Points[0].Evaluation.Tasks[1][TaskMetric.Accuracy] + result["pooled"].Points[1].Evaluation.Tasks[1][TaskMetric.Accuracy]), result["pooled"].Overall!.Tasks[1][TaskMetric.Accuracy], 9);

        // A strategy with the same estimator, already fitted to the same tasks, is equivalent.
        Assert.Equal(result["meta-learned"].Overall!.Tasks.Select(task => task[TaskMetric.LogLoss]), result["given"].Overall!.Tasks.Select(task => task[TaskMetric.LogLoss]));
        PairedComparison comparison = result.Compare("meta-learned", "from scratch", 4);
        Assert.Equal(4, comparison.Wins + comparison.Ties + comparison.Losses);
        Assert.Contains("one of 'meta-learned', 'from scratch', 'pooled', 'given'; got 'other'", Assert.Throws<ArgumentException>(() => result.Compare("other", "pooled")).Message);
        Assert.Contains("one of 4, 10; got 5", Assert.Throws<ArgumentException>(() => result.Compare("given", "pooled", 5)).Message);

        Assert.Equal(new FewShotProgress("from scratch", 24, 24), steps.Last(step => step.Strategy == "from scratch")); // sizes × draws × tasks
        Assert.Equal(new FewShotProgress("meta-learned", 6, 6), steps.Last(step => step.Strategy == "meta-learned"));
    }

    [Fact]
    public void Evaluate_EveryStrategy_SeesTheSameSupportAndNeverAQueryRow()
    {
        var scratch = new Probe(Linear());
        var pooled = new Probe(Linear());
        Evaluate([LearningStrategy.FromScratch("from scratch", scratch), LearningStrategy.Pooled("pooled", pooled)]);

        // The supports of a draw are nested. They are disjoint from the query, which is the same for all sizes. Each draw therefore has rows that no fit has seen.
        HashSet<float> training = [.. Some.Tasks().Select(row => row.Value)];
        float[][] pooledSupport = [.. pooled.Fits.Select(fit => fit.Where(value => !training.Contains(value)).Order().ToArray())];
        float[][] scratchSupport = [.. scratch.Fits.Chunk(4).Select(tasks => tasks.SelectMany(fit => fit).Order().ToArray())];
        Assert.Equal(6, pooledSupport.Length);
        Assert.Equal(pooledSupport, scratchSupport);
        Assert.All(pooledSupport[..3], support => Assert.Equal(16, support.Length));
        Assert.All(pooledSupport[3..], support => Assert.Equal(40, support.Length));
        for (int draw = 0; draw < 3; draw++)
            Assert.Subset(pooledSupport[3 + draw].ToHashSet(), pooledSupport[draw].ToHashSet());
        Assert.NotEqual(pooledSupport[3], pooledSupport[4]);
        Assert.All(pooled.Fits, fit => Assert.Equal(training.Count, fit.Distinct().Count(training.Contains)));
    }

    [Fact]
    public void Evaluate_QueryLabelsMoved_NoModelMoves()
    {
        // A million is added to the label of every row outside the supports. If Fit or Adapt read such a label, the scores would change.
        var probe = new Probe(_ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 20));
        var options = new FewShotOptions { SupportSizes = [10], Draws = 1, Metric = TaskMetric.MeanAbsoluteError };
        LearningStrategy[] strategies =
        [
            LearningStrategy.FromScratch("from scratch", probe),
            LearningStrategy.Pooled("pooled", _ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 20)),
            LearningStrategy.MetaLearned("meta-learned", s_regression.Pipeline(_ml)),
        ];
        FewShotEvaluation Evaluate(IEnumerable<TaskRow> rows) => _ml.MetaLearning().EvaluateFewShot(View(rows), strategies, View(Some.Tasks()), "Value", options: options);
        Evaluate(_news);
        HashSet<float> support = [.. probe.Fits.SelectMany(fit => fit)];
        Assert.Equal(40, support.Count);
        FewShotEvaluation moved = Evaluate(_news.Select(row => new TaskRow { Task = row.Task, Features = row.Features, Value = support.Contains(row.Value) ? row.Value : row.Value + 1e6f }));
        Assert.All(moved.Curves, curve => Assert.All(curve.Overall!.Tasks, task => Assert.InRange(task[TaskMetric.MeanAbsoluteError], 1e6 - 1000, 1e6 + 1000)));
    }

    [Fact]
    public void Evaluate_Multiclass_ClassesAreMatchedByName()
    {
        // From scratch, the key mapping of each task contains only the classes of its support, in their own order.
        IEstimator<ITransformer> scratch = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key"));
        List<TaskRow> newTasks = Some.TasksWithOwnClasses(3, firstTask: 50);
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(
            View(newTasks),
            [LearningStrategy.FromScratch("from scratch", scratch), LearningStrategy.MetaLearned("meta-learned", s_multiclass.Pipeline(_ml))],
            View(Some.TasksWithOwnClasses()),
            "Class",
            options: new FewShotOptions { SupportSizes = [1, 3], IsPerClass = true, Draws = 2 });
        Assert.All(result.Curves, curve => Assert.Null(curve.Exception));
        Assert.True(result["from scratch"].Points[1].Evaluation[TaskMetric.MicroAccuracy].Macro.Mean > 0.4);
        Assert.True(result["meta-learned"].Points[1].Evaluation[TaskMetric.MicroAccuracy].Macro.Mean > 0.5);
        Assert.True(result["meta-learned"].Points[1].Evaluation[TaskMetric.LogLoss].Macro.Mean < 3);
    }

    [Fact]
    public void Evaluate_ClassWithoutSupport_CountsAsWrong()
    {
        // With two support rows, the mapping gives query rows of the third class a missing key. These rows must count as errors.
        IEstimator<ITransformer> scratch = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(s_multiclass.OwnTrainer(_ml));
        List<TaskRow> newTasks = Some.Tasks(2, firstTask: 50);
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(
            View(newTasks), [LearningStrategy.FromScratch("from scratch", scratch)], labelColumnName: "Class", options: new FewShotOptions { SupportSizes = [2], Draws = 1 });
        foreach (TaskMetrics task in result.Curves[0].Points[0].Evaluation.Tasks)
        {
            int smallest = newTasks.Where(row => row.Task == task.Task).GroupBy(row => row.Class).Min(group => group.Count());
            Assert.InRange(task[TaskMetric.MicroAccuracy], 0, 1 - (double)smallest / task.RowCount);
            Assert.True(task[TaskMetric.MacroAccuracy] <= 2.0 / 3, $"macro-accuracy {task[TaskMetric.MacroAccuracy]}");
        }
    }

    [Fact]
    public void Evaluate_Again_GivesTheSameAndASeedOtherDraws()
    {
        double[] Figures(int seed) => [.. _ml.MetaLearning().EvaluateFewShot(
            View(_news), [LearningStrategy.MetaLearned("model", s_regression.Trainer(_ml).Fit(View(Some.Tasks())))], labelColumnName: "Value", options: _options with { Seed = seed })
            .Curves[0].Overall!.Tasks.Select(task => task[TaskMetric.RootMeanSquaredError])];
        Assert.Equal(Figures(1), Figures(1));
        Assert.NotEqual(Figures(1), Figures(2));
    }

    [Fact]
    public void Evaluate_StrategyThatFails_KeepsWhatItFinished()
    {
        var failing = new Probe(Linear()) { Interruption = (13, () => throw new NotSupportedException("no more")) };
        FewShotEvaluation result = Evaluate([LearningStrategy.FromScratch("failing", failing), LearningStrategy.FromScratch("from scratch", Linear())]);
        Assert.Equal("no more", result["failing"].Exception!.Message);
        Assert.Equal([4], result["failing"].Points.Select(point => point.SupportSize));
        Assert.Null(result["failing"].Overall);
        Assert.NotNull(result["from scratch"].Overall);
        Assert.Contains("'failing', which failed: no more", Assert.Throws<ArgumentException>(() => result.Compare("from scratch", "failing")).Message);
        Assert.Contains("At least one strategy must succeed; got 1 that failed. 'failing': no more", Assert.Throws<InvalidOperationException>(() => Evaluate([LearningStrategy.FromScratch("failing", failing)])).Message);
    }

    [Fact]
    public void Evaluate_BadInput_SaysWhy()
    {
        LearningStrategy scratch = LearningStrategy.FromScratch("from scratch", Linear());
        string MessageOf(Action evaluate) => Assert.ThrowsAny<Exception>(evaluate).Message;
        Assert.Contains("30 support rows and at least one query row; got 4 of 4 tasks with fewer: 'task50' (30 rows), ", MessageOf(() => Evaluate([scratch], options: new() { SupportSizes = [30] })));
        Assert.Contains("Accuracy, Precision, Recall, F1Score, AreaUnderRocCurve, AreaUnderPrecisionRecallCurve, LogLoss for Binary labels; got RSquared", MessageOf(() => Evaluate([scratch], options: new() { Metric = TaskMetric.RSquared })));
        Assert.Contains("'task50', 'task51', 'task52', 'task53' in both", MessageOf(() => Evaluate([scratch], training: View(_news))));
        Assert.Contains("which the model of 'known' knows", MessageOf(() => Evaluate([LearningStrategy.MetaLearned("known", s_binary.Trainer(_ml).Fit(View([.. Some.Tasks(), .. _news])))])));
        Assert.Contains("'meta' must be given training tasks; got none", MessageOf(() => _ml.MetaLearning().EvaluateFewShot(View(_news), [LearningStrategy.MetaLearned("meta", s_binary.Trainer(_ml))], labelColumnName: "Answer", options: _options)));
        Assert.Contains("got 'from scratch' more than once", MessageOf(() => Evaluate([scratch, scratch])));
        Assert.Contains("expected String or key of known cardinality, got no such column", MessageOf(() => _ml.MetaLearning().EvaluateFewShot(View(_news), [scratch], null, "Answer", "Shop")));
        Assert.Contains("FewShotOptions.SupportSizes must be at least 1; got 0", MessageOf(() => Evaluate([scratch], options: new() { SupportSizes = [0] })));
        Assert.Contains("must be a meta-learner", MessageOf(() => LearningStrategy.MetaLearned("linear", Linear().Fit(View(_news)))));
    }

    [Fact]
    public void Evaluate_SmallTasks_AreLeftOutWhereAsked()
    {
        FewShotEvaluation result = Evaluate([LearningStrategy.FromScratch("from scratch", Linear())], options: new() { SupportSizes = [28], Draws = 1, SkipsSmallTasks = true });
        Assert.Equal(["task52", "task53"], result.SkippedTasks);
        Assert.Equal(["task50", "task51"], result.Curves[0].Points[0].Evaluation.Tasks.Select(task => task.Task));
    }

    [Fact]
    public void Evaluate_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        var probe = new Probe(Linear()) { Interruption = (2, source.Cancel) };
        Assert.Throws<OperationCanceledException>(() => _ml.MetaLearning().EvaluateFewShot(
            View(_news), [LearningStrategy.FromScratch("from scratch", probe)], labelColumnName: "Answer", options: _options, cancellationToken: source.Token));
        Assert.Equal(3, probe.Fits.Count);
    }

    [Fact]
    public void CrossValidateTasks_EveryTask_IsJudgedOnceByWhatNeverSawIt()
    {
        List<TaskRow> rows = Some.Tasks(7);
        var pooled = new Probe(Linear());
        TaskCrossValidation result = _ml.MetaLearning().CrossValidateTasks(
            View(rows), [LearningStrategy.Pooled("pooled", pooled, learnsSupport: false), LearningStrategy.MetaLearned("meta-learned", s_binary.Trainer(_ml))], 3, "Answer", options: _options with { Draws = 1 });
        string[][] folds = [.. result.Folds.Select(fold => fold["pooled"].Overall!.Tasks.Select(task => task.Task).ToArray())];
        Assert.Equal([3, 2, 2], folds.Select(fold => fold.Length));
        Assert.Equal(rows.Select(row => row.Task).Distinct().Order(), folds.SelectMany(fold => fold).Order());
        Assert.Equal(folds.SelectMany(fold => fold), result.Overall["meta-learned"].Points[1].Evaluation.Tasks.Select(task => task.Task));
        for (int fold = 0; fold < 3; fold++)
            Assert.Equal(rows.Where(row => !folds[fold].Contains(row.Task)).Select(row => row.Value), pooled.Fits[fold]);
        Assert.Equal(7, result.Overall.Compare("meta-learned", "pooled").Tasks.Count);
        Assert.Contains("as many tasks as folds, 8; got 7", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().CrossValidateTasks(View(rows), [LearningStrategy.Pooled("pooled", pooled)], 8)).Message);
    }

    private EstimatorChain<BinaryPredictionTransformer<Microsoft.ML.Calibrators.CalibratedModelParametersBase<Microsoft.ML.Trainers.LinearBinaryModelParameters, Microsoft.ML.Calibrators.PlattCalibrator>>> Linear() =>
        _ml.Transforms.NormalizeMeanVariance("Features").Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer"));

    private FewShotEvaluation Evaluate(LearningStrategy[] strategies, FewShotOptions? options = null, IDataView? training = null, IProgress<FewShotProgress>? progress = null) =>
        _ml.MetaLearning().EvaluateFewShot(View(_news), strategies, training ?? View(Some.Tasks()), "Answer", options: options ?? _options, progress: progress);

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Listener(Action<FewShotProgress> report) : IProgress<FewShotProgress>
    {
        public void Report(FewShotProgress value) => report(value);
    }
}
