using MetaML.Extensions.Chains;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Experiments;
using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Experiments.Strategies;
using MetaML.Extensions.Tests.Evaluation;
using MetaML.Extensions.Transformers;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments;

public sealed class ExperimentTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Execute_RelatedTasks_LearningAcrossThemIsRecommended()
    {
        var reported = new List<RunDetail>();
        TaskExperimentSettings settings = Settings() with { TaskWeightings = [new UniformWeightingOptions(), new DynamicWeightAverageOptions()], MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 150 }, UsesDefaultTrainers = false };

        settings.Add(LearningStrategy.FromScratch("from scratch", Linear()));
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(View(Some.Tasks(30)), "Answer", progressHandler: new Listener(reported.Add));
        Assert.Equal(result.RunDetails, reported.GroupBy(run => (run.TrainerName, run.Round)).Select(same => same.Last()));
        Assert.Equal([1, 2, 3, 4], reported.Where(run => run.TrainerName == "from scratch").Select(run => run.ValidationFolds));
        Assert.Equal(ExperimentEnd.Completed, result.Description.End);
        Assert.Equal(StrategyKind.MetaLearned, result.BestRun.Kind);
        Assert.NotEqual(TransferVerdict.Harms, result.Verdict);
        Assert.StartsWith($"Use '{result.BestRun.TrainerName}': learning across tasks ", result.Recommendation, StringComparison.Ordinal);
        Assert.All(result.RunDetails, run => Assert.True(run.Exception is null, run.Exception?.ToString()));
        Assert.Equal(result.RunDetails.Where(run => run.ValidationFolds == 4).Max(run => run.Score!.Value.Mean), result.BestRun.Score!.Value.Mean);
        Assert.Equal([StrategyKind.FromScratch, StrategyKind.MetaLearned], result.Test!.Curves.Select(curve => curve.Kind));
        Assert.Equal(result.Description.TrainingTasks.Order(), result.Transfer!.Tasks.Take(18).Select(task => task.Task).Order()); // of further folds
        Assert.Equal(result.Test.Compare(result.Transfer.Strategy, result.Transfer.Baseline).Tasks, result.Transfer.Tasks.Skip(18));

        RunDetail[] meta = [.. result.RunDetails.Where(run => run.Kind == StrategyKind.MetaLearned)];
        Assert.Equal([1, 1, 2], meta.Select(run => run.Round!.Value));
        Assert.Equal([50, 50, 150], meta.Select(run => run.MaximumNumberOfIterations!.Value));
        Assert.Equal(150, meta[^1].LearningCurve[^1].Iteration);
        Assert.All(meta[0].LearningCurve, point => Assert.Empty(point.TaskWeights)); // the weights are uniform
        Assert.Equal(18, meta[1].LearningCurve[^1].TaskWeights.Count);
        Assert.Contains("meta-learned, Mlp(HiddenUnits = [16], EmbeddingDimension = 6) + Ridge + DynamicWeightAverage", meta.Select(run => run.TrainerName));
        Assert.All(result.RunDetails, run => Assert.True(run.PeakMemory.ManagedBytes > 1e6 && run.PeakMemory.ProcessBytes > run.PeakMemory.ManagedBytes && run.RuntimeInSeconds > 0));

        // The best strategy is fitted again to the training and validation tasks. The result is an ordinary model.
        Assert.Equal([18, 6, 6], new[] { result.Description.TrainingTasks, result.Description.ValidationTasks, result.Description.TestTasks }.Select(tasks => tasks.Count));
        ITaskLearner learner = ChainAdapter.FindLearner(result.Model!);
        Assert.Equal(result.Description.TrainingTasks.Concat(result.Description.ValidationTasks).Order(), learner.TaskNames.Order());
        using var stream = new MemoryStream();
        _ml.Model.Save(result.Model, null, stream);
        Assert.NotNull(result.BestRun.Estimator!.Fit(View(Some.Tasks()))); // it does not keep the cancellation token of the experiment
        Assert.Contains(result.Description.Versions, version => version is { Key: "MetaML.Extensions", Value: "0.1.0" });
    }

    [Fact]
    public void Execute_Defaults_JointTrainingIsTriedAndRelatednessMeasured()
    {
        TaskSplit split = _ml.MetaLearning().TaskTrainValidationTestSplit(View(Some.Tasks(20)), taskColumnName: "Task");
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(Settings()).Execute(split.TrainSet, split.ValidationSet, split.TestSet, "Answer");
        RunDetail joint = Assert.Single(result.RunDetails, run => run.Kind == StrategyKind.Joint);
        Assert.Null(joint.Exception);
        Assert.Equal("joint, Mlp(HiddenUnits = [16], EmbeddingDimension = 6) + Ridge", joint.TrainerName);
        Assert.Equal(60, joint.MaximumNumberOfIterations);
        Assert.Equal(joint.LearningCurve.Select(point => point.Iteration).Distinct().Order(), joint.LearningCurve.Select(point => point.Iteration)); // the curve contains only the steps that train the adapter
        Assert.Equal([StrategyKind.FromScratch, StrategyKind.Pooled, StrategyKind.Joint, StrategyKind.MetaLearned], result.Test!.Curves.Select(curve => curve.Kind));
        Assert.NotEqual(
            result.Validation.Curves.Single(curve => curve.Kind == StrategyKind.MetaLearned).Overall![result.Metric].Macro.Mean, joint.Score!.Value.Mean); // the network is another one

        // The relatedness is measured with the best meta-learned model on the training tasks, even if another strategy is best.
        Assert.Equal(result.Description.TrainingTasks, result.Relatedness!.Tasks);
        RunDetail best = result.RunDetails.Where(run => run.Kind == StrategyKind.MetaLearned).MaxBy(run => run.Score!.Value.Mean)!;
        TaskRelatedness expected = _ml.MetaLearning().Relatedness(best.Model!, split.TrainSet);
        string[] tasks = [.. result.Relatedness.Tasks];
        for (int from = 0; from < tasks.Length; from++)
        {
            for (int to = 0; to < tasks.Length; to++)
                Assert.Equal(Math.Max(-1, expected[tasks[from], tasks[to]]), result.Relatedness.Values[from][to]);
        }
    }

    [Fact]
    public void Transfer_AValidationTask_IsJudgedByTheStrategiesThatTheOthersChoose()
    {
        ExperimentResult result = Execute(Settings() with { CrossValidatesLeaders = false });
        double MeanWithout(RunDetail run, string task) => run.ValidationMetrics!.Tasks.Where(other => other.Task != task).Average(other => other[result.Metric]);
        foreach (string task in result.Description.ValidationTasks)
        {
            RunDetail Best(Func<RunDetail, bool> isSelected) => result.RunDetails.Where(run => run.Exception is null && isSelected(run)).OrderByDescending(run => MeanWithout(run, task)).ThenBy(run => run.Kind).First();
            TaskComparison judged = result.Transfer!.Tasks.Single(comparison => comparison.Task == task);
            Assert.Equal(Best(run => run.Kind != StrategyKind.FromScratch).ValidationMetrics!.Tasks.Single(own => own.Task == task)[result.Metric], judged.Strategy);
            Assert.Equal(Best(run => run.Kind == StrategyKind.FromScratch).ValidationMetrics!.Tasks.Single(own => own.Task == task)[result.Metric], judged.Baseline);
        }
    }

    [Fact]
    public void Transfer_FurtherFolds_JudgeTheStrategiesThatTheFirstChooses()
    {
        ExperimentResult result = Execute(Settings() with { UsesDefaultTrainers = false, Adapters = [new RidgeAdapterOptions(), new PrototypeAdapterOptions()] }, Linear());
        HashSet<string> first = [.. result.Description.ValidationTasks];
        RunDetail Best(Func<RunDetail, bool> isSelected) => result.RunDetails.Where(isSelected).OrderByDescending(run => run.ValidationMetrics!.Tasks.Where(task => first.Contains(task.Task)).Average(task => task[result.Metric])).ThenBy(run => run.Kind).First();
        RunDetail across = Best(run => run.Kind != StrategyKind.FromScratch), alone = Best(run => run.Kind == StrategyKind.FromScratch);
        Assert.Equal((across.TrainerName, alone.TrainerName), (result.Transfer!.Strategy, result.Transfer.Baseline));
        Assert.Equal(result.Description.TrainingTasks.Concat(result.Description.TestTasks).Order(), result.Transfer.Tasks.Select(task => task.Task).Order());
        Assert.All(result.Transfer.Tasks.Take(12), task => Assert.Equal(across.ValidationMetrics!.Tasks.Single(own => own.Task == task.Task)[result.Metric], task.Strategy));
    }

    [Fact]
    public void Execute_TimeLeft_JudgesTheLeadersOnAllTasksOutsideTheTest()
    {
        ExperimentResult result = Execute(Settings() with { UsesDefaultTrainers = false }), first = Execute(Settings() with { UsesDefaultTrainers = false, CrossValidatesLeaders = false });
        Assert.Equal(1, Assert.Single(first.RunDetails).ValidationFolds);

        TaskExperimentSettings several = Settings() with { Adapters = [new RidgeAdapterOptions(), new PrototypeAdapterOptions()], UsesDefaultTrainers = false };
        result = Execute(several.Add(LearningStrategy.FromScratch("from scratch", Linear())));
        Assert.Equal(4, result.BestRun.ValidationFolds);
        Assert.Equal(result.Description.TrainingTasks.Concat(result.Description.ValidationTasks).Order(), result.BestRun.ValidationMetrics!.Tasks.Select(task => task.Task).Order());
        Assert.Equal(4, result.RunDetails.Where(run => run.Kind == StrategyKind.FromScratch).Max(run => run.ValidationFolds)); // the best of each kind stays
        Assert.Equal([result.BestRun.TrainerName, .. result.BestRun.ValidationMetrics.Tasks.Select(task => $"{task.Task} {task[result.Metric]}")], Again());

        IEnumerable<string> Again()
        {
            RunDetail best = Execute(several).BestRun;
            return [best.TrainerName, .. best.ValidationMetrics!.Tasks.Select(task => $"{task.Task} {task[result.Metric]}")];
        }
    }

    [Fact]
    public void Execute_MaxModels_AlsoLimitsTheCrossValidation()
    {
        ExperimentResult result = Execute(Settings() with { UsesDefaultTrainers = false, Adapters = [new RidgeAdapterOptions(), new PrototypeAdapterOptions()], MaxModels = 4 });
        Assert.Equal(ExperimentEnd.ModelsReached, result.Description.End);
        Assert.Equal(1, result.BestRun.ValidationFolds);
    }

    [Fact]
    public void Execute_TreesOfReferencedPackages_AreTried()
    {
        TaskExperimentSettings settings = Settings() with
        {
            Encoders = null,
            Adapters = null,
            MaxModels = 40,
            CrossValidatesLeaders = false,
            FewShot = new FewShotOptions { SupportSizes = [10], Draws = 1 },
            MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 6 },
            MeasuresImportance = false,
            CombinesStrategies = false,
        };
        settings.Add("FastForest", Linear());
        string[] names = [.. Execute(settings).RunDetails.Select(run => run.TrainerName)];
        foreach (string name in new[] { "from scratch, LightGBM", "pooled, FastTree", "pooled with the task, FastForest", "meta-learned on the score of LightGBM" })
            Assert.Contains(name, names);
        Assert.Null(ReferencedTrainers.Create(_ml.Regression.Trainers, "Contoso.Trees", "Contoso.Extensions", "Oak"));
        Assert.Single(names, "pooled, FastForest"); // the user's trainer of this name replaces the default
    }

    [Fact]
    public void Verdict_OfAGain_IsThatOfItsInterval()
    {
        Assert.Equal(TransferVerdict.Helps, Verdict(2, 2.5, 3));
        Assert.Equal(TransferVerdict.Harms, Verdict(-2, -2.5, -3));
        Assert.Equal(TransferVerdict.Uncertain, Verdict(-1, 2, 3));
        Assert.Equal(TransferVerdict.Uncertain, Verdict(1)); // one task has no interval
        Assert.Equal(TransferVerdict.NotCompared, Verdict());

        // A mean of half a deviation is significant with 18 tasks: 2.110 / √18 = 0.497 < 0.5, and with 17 tasks 2.120 / √17 = 0.514.
        var gain = new MeanInterval(0.5, StudentT.Quantile975(9) / Math.Sqrt(10), 10);
        Assert.Equal(18, HeldOutTransfer.TasksToDecide(gain));
        Assert.Null(HeldOutTransfer.TasksToDecide(gain with { Mean = 1e-6 }));

        static TransferVerdict Verdict(params double[] gains) => HeldOutTransfer.VerdictOf(new PairedComparison
        {
            Strategy = "across",
            Baseline = "scratch",
            Metric = TaskMetric.Accuracy,
            Tasks = [.. gains.Select((gain, i) => new TaskComparison($"task {i}", 0, gain, gain))],
        });
    }

    [Fact]
    public void Execute_FewPositives_ComparesByLogLoss()
    {
        RareRow[] rows = new RareClasses(0.06, seed: 1).Rows("task", 16, 60, 1);
        TaskExperimentSettings settings = new() { MaxModels = 2, Adapters = [], FewShot = new FewShotOptions { SupportSizes = [20], Draws = 1 } };
        Assert.Equal(TaskMetric.LogLoss, _ml.MetaLearning().CreateExperiment(settings).Execute(_ml.Data.LoadFromEnumerable(rows)).Metric);
        settings.OptimizingMetric = TaskMetric.Accuracy; // asked for by name
        Assert.Equal(TaskMetric.Accuracy, _ml.MetaLearning().CreateExperiment(settings).Execute(_ml.Data.LoadFromEnumerable(rows)).Metric);
    }

    [Fact]
    public void Execute_NothingSet_TriesTheTrainersOwnChoiceAndARidgeFromScratch()
    {
        TaskExperimentSettings settings = new() { MaxModels = 4, FewShot = new FewShotOptions { SupportSizes = [5], Draws = 1 } };
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(View(Some.Tasks(20)), "Value");
        Assert.Equal("meta-learned, nothing set", result.RunDetails[1].TrainerName);
        RunDetail ridge = result.RunDetails[0];
        Assert.Equal("from scratch, ridge", ridge.TrainerName);
        // On five rows it is hardly worse than a constant, where other trainers diverge.
        Assert.True(ridge.Score!.Value.Mean < 1.2 * Deviation(Some.Tasks(20)), ridge.Score.ToString());

        static double Deviation(IEnumerable<TaskRow> rows) => Math.Sqrt(rows.GroupBy(row => row.Task).Average(task => task.Average(row => Math.Pow(row.Value - task.Average(other => other.Value), 2))));
    }

    [Fact]
    public void Execute_TestTasks_AreTouchedByTheFinalistsAlone()
    {
        var probe = new Probe(Linear());
        TaskSplit split = _ml.MetaLearning().TaskTrainValidationTestSplit(View(Some.Tasks(20)), taskColumnName: "Task");
        HashSet<float> test = [.. split.TestSet.GetColumn<float>("Value")], validation = [.. split.ValidationSet.GetColumn<float>("Value")];
        var loser = new Probe(Linear());
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false };
        settings.Add(LearningStrategy.FromScratch("scratch", probe)).Add(LearningStrategy.Pooled("pooled", loser));
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(split.TrainSet, split.ValidationSet, split.TestSet, "Answer");
        int firstOnTest = probe.Fits.FindIndex(fit => fit.Any(test.Contains));
        Assert.True(firstOnTest > 0);
        Assert.All(probe.Fits[..firstOnTest], fit => Assert.All(fit, value => Assert.Contains(value, validation)));
        Assert.All(probe.Fits[firstOnTest..], fit => Assert.All(fit, value => Assert.Contains(value, test)));
        Assert.Equal(2 * firstOnTest, probe.Fits.Count);
        Assert.DoesNotContain(result.Description.TestTasks, result.Description.TrainingTasks.Concat(result.Description.ValidationTasks).Contains);
    }

    [Fact]
    public void Execute_FailingEstimator_IsARunWithItsException()
    {
        TaskExperimentSettings settings = Settings();
        settings.Add("failing", new Probe(Linear()) { Interruption = (0, () => throw new NotSupportedException("broken")) });
        ExperimentResult result = Execute(settings);
        RunDetail[] failed = [.. result.RunDetails.Where(run => run.Exception is not null)];
        Assert.Equal(["from scratch, failing", "pooled with the task, failing", "pooled, failing"], failed.Select(run => run.TrainerName).Order(StringComparer.Ordinal));
        Assert.All(failed, run => Assert.Equal("broken", run.Exception!.Message));
        Assert.All(failed, run => Assert.Null(run.Score));
        Assert.Null(result.BestRun.Exception);
    }

    [Fact]
    public void Execute_NothingSucceeds_SaysWhyAndKeepsTheRuns()
    {
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false, Adapters = [] };
        settings.Add(LearningStrategy.FromScratch("failing", new Probe(Linear()) { Interruption = (0, () => throw new NotSupportedException("broken")) }));
        ExperimentException exception = Assert.Throws<ExperimentException>(() => Execute(settings));
        Assert.Equal("At least one strategy must succeed; got 1 that failed. 'failing': broken", exception.Message);
        Assert.IsType<NotSupportedException>(Assert.Single(exception.RunDetails).Exception);
    }

    [Fact]
    public void Execute_BudgetTooShortForOneRun_SaysHowLongOneTakes()
    {
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false, Adapters = [], MaxExperimentTimeInSeconds = 1 };
        settings.Add(LearningStrategy.FromScratch("slow", new Probe(Linear()) { Interruption = (0, () => Thread.Sleep(300)) }));
        ExperimentException exception = Assert.Throws<ExperimentException>(() => Execute(settings));
        Assert.Contains("TaskExperimentSettings.MaxExperimentTimeInSeconds must be long enough for one run; got 1. One run takes about ", exception.Message);
        Assert.IsType<TimeoutException>(Assert.Single(exception.RunDetails).Exception);
        double estimate = double.Parse(exception.Message.Split("about ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(estimate, 4, 600); // sixteen fits of 0.3 s, or longer on a busy machine
    }

    [Fact]
    public void Budget_ThreadPoolIsBusy_TimeIsUpAllTheSame()
    {
        using var free = new ManualResetEventSlim();
        using var held = new CountdownEvent(200);
        for (int i = 0; i < held.InitialCount; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                free.Wait();
                held.Signal();
            });
        }

        try
        {
            using var budget = new ExperimentBudget(Settings() with { MaxExperimentTimeInSeconds = 1 });
            Assert.True(budget.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(5)));
            Assert.True(budget.IsSpent);
        }
        finally
        {
            free.Set();
            held.Wait();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void Execute_MaxModels_IsKept(int models)
    {
        ExperimentResult result = Execute(Settings() with { MaxModels = models, Encoders = [new IdentityEncoderOptions(), s_binary.Options().Encoder!] });
        Assert.Equal(models, result.RunDetails.Count);
        Assert.Equal(ExperimentEnd.ModelsReached, result.Description.End);
        Assert.Equal(models > 1, result.RunDetails.Any(run => run.Kind == StrategyKind.MetaLearned));
    }

    [Fact]
    public void Execute_Cancelled_KeepsWhatWasFinished()
    {
        using var source = new CancellationTokenSource();
        TaskExperimentSettings settings = Settings() with { CancellationToken = source.Token };
        ExperimentResult result = Execute(settings, new Listener(run => source.Cancel()));
        Assert.Equal(ExperimentEnd.Cancelled, result.Description.End);
        Assert.Same(Assert.Single(result.RunDetails), result.BestRun);
        Assert.Null(result.Test);
        Assert.Throws<OperationCanceledException>(() => Execute(settings));
    }

    [Theory]
    [InlineData("Answer")]
    [InlineData("Value")]
    [InlineData("Class")]
    public void Execute_ResumedFromItsFolder_GivesTheSameResultAndRepeatsNoRun(string label)
    {
        using var folder = new TemporaryFolder();
        TaskExperimentSettings Several() => Settings() with { Adapters = [new RidgeAdapterOptions(), new PrototypeAdapterOptions()], Encoders = [new IdentityEncoderOptions(), s_binary.Options().Encoder!], UsesDefaultTrainers = false };
        ExperimentResult Run(TaskExperimentSettings settings, Action<RunDetail>? report = null) =>
            _ml.MetaLearning().CreateExperiment(settings).Execute(View(Some.Tasks(20)), label, progressHandler: new Listener(report ?? (_ => { })));
        TaskExperimentSettings Chosen() => label == "Value" ? Several() with { Adapters = [new RidgeAdapterOptions(), new BayesianAdapterOptions()] } : Several();
        ExperimentResult whole = Run(Chosen());

        // Stopped after some runs, and again while leaders are judged on further folds.
        for (int stop = 3; stop <= 8; stop += 5)
        {
            using var source = new CancellationTokenSource();
            int runs = 0;
            Run(Chosen() with { CheckpointFolder = folder["runs"], CancellationToken = source.Token }, _ =>
            {
                if (++runs == stop)
                    source.Cancel();
            });
        }

        DateTime[] written = Times();
        ExperimentResult first = Run(Chosen() with { CheckpointFolder = folder["runs"] });
        Assert.Subset(Times().ToHashSet(), written.ToHashSet()); // the finished runs were not written again
        written = Times();
        ExperimentResult resumed = Run(Chosen() with { CheckpointFolder = folder["runs"] });
        Assert.Equal(written, Times());
        Assert.Equal(first.RunDetails.Select(run => (run.RuntimeInSeconds, run.CrossValidationInSeconds)), resumed.RunDetails.Select(run => (run.RuntimeInSeconds, run.CrossValidationInSeconds)));
        foreach (ExperimentResult result in new[] { first, resumed })
            Assert.Equal(Text(whole), Text(result));

        // Another experiment does not find these runs.
        ExperimentResult other = Run(Chosen() with { CheckpointFolder = folder["runs"], Seed = 7 });
        Assert.NotEqual(Text(whole), Text(other));

        // A damaged file is a run that is repeated.
        foreach (string path in Directory.GetFiles(folder["runs"], "*.run"))
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..20]);
        Assert.Equal(Text(whole), Text(Run(Chosen() with { CheckpointFolder = folder["runs"] })));

        DateTime[] Times() => [.. Directory.GetFiles(folder["runs"]).Order(StringComparer.Ordinal).Select(File.GetLastWriteTimeUtc)];
        string Text(ExperimentResult result) => string.Join("\n", [
            result.Recommendation,
            .. result.RunDetails.Select(run => $"{run.TrainerName} {run.Round} {run.ValidationFolds} {string.Join(' ', run.ValidationMetrics!.Tasks.Select(task => task[result.Metric]))} {string.Join(' ', run.LearningCurve.Select(point => point.TrainingLoss))} {run.ValidationMetrics.Reliability?.ExpectedCalibrationError}"),
            .. result.Test!.Curves.Select(curve => $"{curve.Strategy} {string.Join(' ', curve.Overall!.Tasks.Select(task => task[result.Metric]))}"),
            $"{string.Join(' ', result.Ensemble?.Weights ?? [])} {result.Ensemble?.Comparison.Gain} {string.Join(' ', result.Routed?.Routes ?? new Dictionary<string, string>())} {result.Routed?.Comparison.Gain}",
        ]);
    }

    [Fact]
    public void Execute_OwnMetric_ChoosesTheStrategyThatItPrefers()
    {
        // Two guesses: one has the smaller error, but is too low where the other is too high, which costs less.
        static double Profit(IReadOnlyList<ScoredRow> rows) => -rows.Average(row => row.Score < row.Label ? 10 * (row.Label - row.Score) : row.Score - row.Label);
        IDataView data = _ml.Transforms.Expression("Low", "v : v - 1", "Value").Append(_ml.Transforms.Expression("High", "v : v + 2", "Value")).Fit(View(Some.Tasks(12))).Transform(View(Some.Tasks(12)));
        ExperimentResult Choose(FewShotOptions draws)
        {
            TaskExperimentSettings settings = new() { UsesDefaultTrainers = false, Adapters = [], FewShot = draws, CombinesStrategies = false };
            foreach (string guess in new[] { "Low", "High" })
                settings.Add(LearningStrategy.Pooled(guess, _ml.Transforms.CopyColumns("Score", guess), learnsSupport: false));
            return _ml.MetaLearning().CreateExperiment(settings).Execute(data, "Value");
        }

        FewShotOptions options = new() { SupportSizes = [4], Draws = 2 };
        Assert.Equal("Low", Choose(options).BestRun.TrainerName);
        ExperimentResult own = Choose(options with { OwnMetric = Profit });
        Assert.Equal(("High", TaskMetric.Own), (own.BestRun.TrainerName, own.Metric));
        Assert.Equal(-2, own.BestRun.Score!.Value.Mean, 1e-4);
        Assert.Equal(2, own.BestRun.ValidationMetrics![TaskMetric.RootMeanSquaredError].Macro.Mean, 1e-4);
        Assert.Equal("Low", Choose(options with { OwnMetric = Profit, Metric = TaskMetric.MeanAbsoluteError }).BestRun.TrainerName);
        Assert.Contains("if OwnMetric is null", Assert.ThrowsAny<ArgumentException>(() => Choose(options with { Metric = TaskMetric.Own })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Importance_FeaturesThatMatter_AreFirstOverTheTestTasks(bool isVector)
    {
        // The label is 3a + b in all tasks; c is noise, and d is the same for all rows of a task.
        var random = new Random(1);
        ImportanceRow[] rows = [.. Enumerable.Range(0, 20).SelectMany(task => Enumerable.Range(0, 30).Select(_ =>
        {
            float[] x = [random.NextSingle(), random.NextSingle(), random.NextSingle(), task];
            return new ImportanceRow { Task = $"task {task}", A = x[0], B = x[1], C = x[2], D = x[3], Values = x, Label = 3 * x[0] + x[1] };
        }))];
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false, Encoders = [new IdentityEncoderOptions()], CrossValidatesLeaders = false };
        ExperimentResult Run(TaskExperimentSettings chosen) => _ml.MetaLearning().CreateExperiment(chosen).Execute(
            _ml.Data.LoadFromEnumerable(rows), preFeaturizer: isVector ? _ml.Transforms.CopyColumns("Features", "Values") : _ml.Transforms.Concatenate("Features", "A", "B", "C", "D"));
        ExperimentResult result = Run(settings);
        string[] expected = isVector ? ["Values.0", "Values.1", "Values.2", "Values.3"] : ["A", "B", "C", "D"];
        Assert.Equal(expected[..2], result.Importance.Take(2).Select(feature => feature.Name));
        Assert.Equal(expected, result.Importance.Select(feature => feature.Name).Order());
        Assert.All(result.Importance, feature => Assert.Equal(result.Description.TestTasks.Count, feature.Decrease.Count));
        Assert.True(result.Importance[1].Decrease.Lower > 0);
        Assert.True(result.Importance[0].Decrease.Lower > result.Importance[1].Decrease.Upper);
        Assert.Equal(0, result.Importance.Single(feature => feature.Name == expected[3]).Decrease.Mean, 1e-6); // a permutation within a task changes nothing
        Assert.Empty(Run(settings with { MeasuresImportance = false }).Importance);
    }

    [Fact]
    public void Execute_Limits_LeaveOutModelsThatExceedThem()
    {
        ExperimentResult free = Execute(Settings(), Linear());
        Assert.All(free.RunDetails, run => Assert.True(run.ModelBytes > 1000 && run.PredictionMilliseconds is > 0 and < 1000, $"{run.TrainerName}: {run.ModelBytes} bytes, {run.PredictionMilliseconds} ms"));
        long[] sizes = [.. free.RunDetails.Select(run => run.ModelBytes!.Value).Order()];
        long limit = sizes[sizes.Length / 2];
        ExperimentResult small = Execute(Settings() with { MaximumModelBytes = limit }, Linear());
        Assert.All(small.RunDetails, run => Assert.Equal(run.ModelBytes > limit, run.Exception is InvalidOperationException));
        Assert.Contains(small.RunDetails, run => run.Exception?.Message.StartsWith("The model must have at most ", StringComparison.Ordinal) == true);
        Assert.True(small.BestRun.ModelBytes <= limit);
        Assert.Null(small.Ensemble); // no two of the models are small enough together

        string Failure(TaskExperimentSettings settings) => Assert.Throws<ExperimentException>(() => Execute(settings with { UsesDefaultTrainers = false })).RunDetails[0].Exception!.Message;
        Assert.Contains("predict a row in at most 1E-09 ms", Failure(Settings() with { MaximumPredictionMilliseconds = 1e-9 }), StringComparison.Ordinal);
        Assert.Contains("The process must use at most 1,000 bytes during a run", Failure(Settings() with { MaximumMemoryBytes = 1000 }), StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_GroupsOfTasks_AreInOnePartOfEverySplit()
    {
        TaskRow[] rows = [.. Some.Tasks(24)];
        string GroupOf(string task) => $"group {int.Parse(task[4..], System.Globalization.CultureInfo.InvariantCulture) % 8}";
        IDataView data = _ml.Data.LoadFromEnumerable(rows.Select(row => new GroupedRow { Task = row.Task, Group = GroupOf(row.Task), Answer = row.Answer, Features = row.Features, Value = row.Value }).ToArray());
        var probe = new Probe(Linear());
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false, Adapters = [new RidgeAdapterOptions(), new PrototypeAdapterOptions()], TaskGroupColumnName = "Group" };
        settings.Add(LearningStrategy.Pooled("pooled", probe, learnsSupport: false));
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(data, "Answer");
        string[][] parts = [.. new[] { result.Description.TrainingTasks, result.Description.ValidationTasks, result.Description.TestTasks }.Select(tasks => tasks.Select(GroupOf).Distinct().ToArray())];
        Assert.Equal(8, parts.Sum(groups => groups.Length));
        Assert.Equal(8, parts.SelectMany(groups => groups).Distinct().Count());
        Assert.Equal(3, result.RunDetails.Max(run => run.ValidationFolds));

        // Each fit of the pooled strategy has all tasks of a group, or none.
        Dictionary<float, string> groupOfValue = rows.DistinctBy(row => row.Value).ToDictionary(row => row.Value, row => GroupOf(row.Task));
        Dictionary<string, int> sizes = rows.GroupBy(row => GroupOf(row.Task)).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(probe.Fits, fit => Assert.All(fit.GroupBy(value => groupOfValue[value]), group => Assert.Equal(sizes[group.Key], group.Count())));

        data = _ml.Data.LoadFromEnumerable(rows.Select((row, i) => new GroupedRow { Task = row.Task, Group = $"{i}", Answer = row.Answer, Features = row.Features }).ToArray());
        Assert.Contains("All rows of a task must be in one group; got '0' and '1'", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().CreateExperiment(settings).Execute(data, "Answer")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_SplitsByTime_LaterTasksJudge()
    {
        TaskRow[] rows = [.. Some.Tasks(20).OrderByDescending(row => int.Parse(row.Task[4..], System.Globalization.CultureInfo.InvariantCulture))];
        TaskExperimentSettings settings = Settings() with { UsesDefaultTrainers = false, SplitsByTime = true, FewShot = new FewShotOptions { SupportSizes = [4], Draws = 1, IsInTimeOrder = true } };
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings.Add(LearningStrategy.FromScratch("from scratch", Linear()))).Execute(View(rows), "Answer");
        Assert.Equal(rows.Select(row => row.Task).Distinct(), [.. result.Description.TrainingTasks, .. result.Description.ValidationTasks, .. result.Description.TestTasks]);
        Assert.All(result.RunDetails, run => Assert.Equal(1, run.ValidationFolds)); // no model of later tasks judges earlier ones
        settings.FewShot = new FewShotOptions();
        Assert.Contains("SplitsByTime must be false if FewShot has neither", Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().CreateExperiment(settings)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_Regression_TextTasksAndAFeaturizer()
    {
        TaskExperimentSettings settings = Settings() with { Encoders = [new IdentityEncoderOptions()], Adapters = [new BayesianAdapterOptions()], MaxModels = 4 };
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings)
            .Execute(View(Some.Tasks(20)), "Value", featureColumnName: "Scaled", preFeaturizer: _ml.Transforms.NormalizeMinMax("Scaled", "Features"));
        Assert.Equal(TaskMetric.RootMeanSquaredError, result.Metric);
        Assert.Equal(result.RunDetails.Min(run => run.Score!.Value.Mean), result.BestRun.Score!.Value.Mean);
        Assert.Contains("RMSE", result.Recommendation);
        Assert.Equal(1, Assert.Single(result.RunDetails, run => run.Kind == StrategyKind.MetaLearned).Round); // without outer steps a second round cannot improve the result
    }

    [Fact]
    public void Execute_Multiclass_TextLabelsAreMapped()
    {
        TaskExperimentSettings settings = Settings() with { MaxModels = 6 };
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(View(Some.Tasks(20)), "Class");
        Assert.Equal(LabelKind.Multiclass, result.Kind);
        Assert.All(result.RunDetails, run => Assert.True(run.Exception is null, run.Exception?.ToString()));
        Assert.True(result.BestRun.ValidationMetrics![TaskMetric.MicroAccuracy].Macro.Mean > 0.5);
    }

    [Fact]
    public void Execute_BadInput_SaysWhy()
    {
        string MessageOf(TaskExperimentSettings settings, IEnumerable<TaskRow>? rows = null, string label = "Answer", string task = "Task") =>
            Assert.ThrowsAny<Exception>(() => _ml.MetaLearning().CreateExperiment(settings).Execute(View(rows ?? Some.Tasks(20)), label, task)).Message;
        Assert.Contains("task column 'Shop': expected String or key of known cardinality, got no such column", MessageOf(Settings(), task: "Shop"));
        Assert.Contains("must be one of RootMeanSquaredError, MeanAbsoluteError, RSquared for Regression labels; got Accuracy", MessageOf(Settings() with { OptimizingMetric = TaskMetric.Accuracy }, label: "Value"));
        Assert.Contains("40 support rows and at least one query row; got 4 of 4 tasks with fewer", MessageOf(Settings() with { FewShot = new() { SupportSizes = [40] } }));
        Assert.Contains("at least 3 tasks to be split by task; got 2", MessageOf(Settings(), Some.Tasks(2)));
        Assert.Contains("at least two tasks; got 1", MessageOf(Settings(), Some.Tasks(3)));
        Assert.Contains("TaskExperimentSettings.MaxExperimentTimeInSeconds must be at least 1; got 0", MessageOf(Settings() with { MaxExperimentTimeInSeconds = 0 }));
        IEnumerable<TaskRow> alike = Some.Tasks(20).Select(row => new TaskRow { Task = row.Task, Features = row.Features, Value = 5 });
        Assert.Contains("must be defined for some validation task; got NaN for RSquared on all of them", MessageOf(Settings() with { OptimizingMetric = TaskMetric.RSquared, MaxModels = 1 }, alike, "Value"));
    }

    private static TaskExperimentSettings Settings() => new()
    {
        FewShot = new FewShotOptions { SupportSizes = [4, 10], Draws = 2 },
        MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 60 },
        Encoders = [s_binary.Options().Encoder!],
        Adapters = [new RidgeAdapterOptions()],
        SearchesOptions = false,
    };

    private ExperimentResult Execute(TaskExperimentSettings settings, IEstimator<ITransformer> fromScratch) => Execute(settings.Add(LearningStrategy.FromScratch("from scratch", fromScratch)));

    private ExperimentResult Execute(TaskExperimentSettings settings, IProgress<RunDetail>? progress = null) =>
        _ml.MetaLearning().CreateExperiment(settings).Execute(View(Some.Tasks(20)), "Answer", progressHandler: progress);

    private EstimatorChain<BinaryPredictionTransformer<Microsoft.ML.Calibrators.CalibratedModelParametersBase<Microsoft.ML.Trainers.LinearBinaryModelParameters, Microsoft.ML.Calibrators.PlattCalibrator>>> Linear() =>
        _ml.Transforms.NormalizeMeanVariance("Features").Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer"));

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class ImportanceRow
    {
        public string Task { get; set; } = "";

        public float Label { get; set; }

        public float A { get; set; }

        public float B { get; set; }

        public float C { get; set; }

        public float D { get; set; }

        [VectorType(4)]
        public float[] Values { get; set; } = [];
    }

    private sealed class GroupedRow
    {
        public string Task { get; set; } = "";

        public string Group { get; set; } = "";

        public bool Answer { get; set; }

        public float Value { get; set; }

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Listener(Action<RunDetail> report) : IProgress<RunDetail>
    {
        public void Report(RunDetail value) => report(value);
    }
}
