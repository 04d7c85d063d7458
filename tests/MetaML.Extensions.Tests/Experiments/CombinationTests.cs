using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Experiments.Combinations;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments;

/// <summary>Ensembles and routed models of an experiment.</summary>
public sealed class CombinationTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Trainers => [new("binary", "Answer"), new("multiclass", "Class"), new("regression", "Value")];

    [Theory]
    [MemberData(nameof(Trainers))]
    public void RecordedMetrics_OfWeights_AreThoseOfTheEnsemble(TrainerCase trainer)
    {
        // Class is text, and each model makes the key itself.
        TrainerCase learner = trainer.Label == "Class" ? trainer with { Label = "Key" } : trainer;
        IDataView training = _ml.Data.LoadFromEnumerable(Some.Tasks()), tasks = _ml.Data.LoadFromEnumerable(Some.Tasks(5, firstTask: 40));
        ITransformer[] models = [learner.Pipeline(_ml).Fit(training), learner.Pipeline(_ml, learner.Options() with { Encoder = new IdentityEncoderOptions() }).Fit(training)];
        var evaluator = new FewShotEvaluator(_ml, EvaluationRows.Read(_ml, tasks, "Task", []).WithLabels(trainer.Label, RowOrder.None), new FewShotOptions { SupportSizes = [4, 8], Draws = 3 });
        PredictionRecord[] records = [.. models.Select(model =>
        {
            var record = new PredictionRecord();
            evaluator.TryEvaluate(LearningStrategy.MetaLearned("one", model), null, null, null, CancellationToken.None, record);
            return record;
        })];
        TaskEvaluation expected = evaluator.TryEvaluate(LearningStrategy.MetaLearned("both", _ml.MetaLearning().Ensemble(models, [0.75, 0.25])), null, null, null, CancellationToken.None).Overall!;
        Assert.True(records[0].HasSameLabels(records[1]));
        TaskEvaluation recorded = new RecordedMetrics(evaluator.Kind, null, records).Evaluate(_ => [0.75, 0.25]);
        foreach (var (one, other) in expected.Tasks.Zip(recorded.Tasks))
        {
            Assert.Equal(one.Task, other.Task);
            Assert.All(one.Values, pair => Assert.Equal(pair.Value, other[pair.Key], 1e-4 * Math.Max(1, Math.Abs(pair.Value))));
        }
    }

    [Fact]
    public void GreedySelection_ErrorsThatCancel_TakesBothAndOneThatIsBestAlone()
    {
        double[][] errors = [[1, -1, 2, -2], [-1, 1, -2, 2], [3, -3, 6, -6]];
        int[] Choose(Func<int, bool> judges, params int[] strategies) => new GreedySelection(
            strategies.Length, weights => [.. Enumerable.Range(0, 4).Select(task => -Math.Abs(weights.Select((weight, k) => weight * errors[strategies[k]][task]).Sum()))]).Choose(judges);
        Assert.Equal([1, 1, 0], Choose(_ => true, 0, 1, 2));
        Assert.Equal([1, 0], Choose(_ => true, 0, 2));
        Assert.Equal([0, 1], new GreedySelection(2, weights => [weights[0], 2 * weights[1]]).Choose(task => task == 1)); // only the second task judges
    }

    [Fact]
    public void TaskRoutes_GainsOfNoise_RouteNoTaskAndTrueGainsDo()
    {
        var random = new Random(1);
        double[][] Gains(Func<int, double> ofTask, double noise) => [.. Enumerable.Range(0, 40).Select(task => Enumerable.Range(0, 20).Select(_ => ofTask(task) + noise * (random.NextDouble() - 0.5)).ToArray())];
        double[][] none = Gains(_ => 0, 0), noisy = Gains(_ => -0.05, 4), real = Gains(task => task % 4 == 0 ? 1 : -1, 4);
        Assert.All(TaskRoutes.Choose(0, [none, noisy]), route => Assert.Equal(0, route));
        Assert.Contains(noisy, rows => rows.Average() > 0.2); // a choice by the mean alone would have routed it
        int[] routes = TaskRoutes.Choose(0, [none, real]);
        Assert.InRange(Enumerable.Range(0, 40).Count(task => routes[task] == (task % 4 == 0 ? 1 : 0)), 37, 40);
    }

    [Fact]
    public void Execute_ErrorsThatCancel_AnEnsembleIsBetterAlsoOnTheTestTasks()
    {
        ExperimentResult result = Execute((_, noise) => noise());
        CombinedStrategy ensemble = result.Ensemble!;
        Assert.True(ensemble.IsChosen);
        Assert.Equal(result.BestRun.TrainerName, ensemble.Comparison.Baseline);
        Assert.Equal(1, ensemble.Weights.Sum(weight => weight.Value), 9);
        Assert.True(ensemble.Weights.Count > 1);
        Assert.True(ensemble.Test!.Gain.Lower > 0, ensemble.Test.Gain.ToString());
        Assert.Equal(result.Description.TestTasks.Order(), ensemble.Test.Tasks.Select(task => task.Task).Order());
        Assert.Equal(result.Description.TrainingTasks.Concat(result.Description.ValidationTasks).Order(), ensemble.Comparison.Tasks.Select(task => task.Task).Order());
        Assert.Contains($"An {ensemble.Name} strategies is better: RMSE ", result.Recommendation, StringComparison.Ordinal);
        Assert.Equal(ensemble.Weights.Select(weight => weight.Value), ensemble.Model!.Weights);
        Assert.Equal(StrategyKind.Combined, result.Test![ensemble.Name].Kind);
        Assert.Null(result.Routed?.Model);
    }

    [Fact]
    public void Execute_TasksOfTwoKinds_AreRoutedToTheStrategyThatSuitsThem()
    {
        ExperimentResult result = Execute((task, noise) => task % 2 == 0 ? 0.1 * noise() : 3 + noise());
        CombinedStrategy routed = result.Routed!;
        Assert.True(routed.IsChosen);
        Assert.True(routed.Comparison.Gain.Lower > 0);
        Assert.Contains("For known tasks, a routed model with another strategy for ", result.Recommendation, StringComparison.Ordinal);

        // The model scores each known task by its strategy, and new tasks by the best run.
        IDataView rows = Guesses((task, noise) => task % 2 == 0 ? 0.1 * noise() : 3 + noise());
        foreach (var (task, scores) in rows.GetColumn<string>("Task").Zip(routed.Model!.Transform(rows).GetColumn<float>("Score").Zip(Columns(rows))).GroupBy(pair => pair.First, pair => pair.Second).Select(group => (group.Key, group.ToArray())))
        {
            string strategy = routed.Routes.GetValueOrDefault(task, result.BestRun.TrainerName);
            int column = int.Parse(strategy.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.All(scores, score => Assert.Equal(score.Second[column], score.First));
        }

        Assert.DoesNotContain(result.Description.TestTasks, routed.Routes.ContainsKey);
    }

    [Fact]
    public void Execute_NothingToCombine_GivesNoCombination()
    {
        ExperimentResult off = Execute((_, noise) => noise(), settings => settings with { CombinesStrategies = false });
        Assert.Null(off.Ensemble);
        Assert.Null(off.Routed);
        Assert.DoesNotContain("better: RMSE", off.Recommendation, StringComparison.Ordinal);
    }

    // Strategies that are guesses, which are columns of the data, with the error of a task for the even ones and, mirrored, for the odd ones.
    private ExperimentResult Execute(Func<int, Func<double>, double> error, Func<TaskExperimentSettings, TaskExperimentSettings>? change = null)
    {
        var settings = new TaskExperimentSettings { UsesDefaultTrainers = false, Adapters = [], FewShot = new FewShotOptions { SupportSizes = [2], Draws = 2 } };
        for (int j = 0; j < GuessRow.Count; j++)
            settings.Add(LearningStrategy.Pooled($"guess {j}", _ml.Transforms.CopyColumns("Score", $"Guess{j}"), learnsSupport: false));
        return _ml.MetaLearning().CreateExperiment(change?.Invoke(settings) ?? settings).Execute(Guesses(error));
    }

    private IDataView Guesses(Func<int, Func<double>, double> error)
    {
        var random = new Random(1);
        double Noise() => 2 * random.NextDouble() - 1;
        return _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).SelectMany(task => Enumerable.Range(0, 12).Select(_ => new GuessRow
        {
            Task = $"task {task}",
            Guess0 = (float)error(task, Noise),
            Guess1 = (float)error(task + 1, Noise),
            Guess2 = (float)error(task, Noise),
            Guess3 = (float)error(task + 1, Noise),
        })).ToArray());
    }

    private static IEnumerable<float[]> Columns(IDataView rows)
    {
        float[][] columns = [.. Enumerable.Range(0, GuessRow.Count).Select(j => rows.GetColumn<float>($"Guess{j}").ToArray())];
        return Enumerable.Range(0, columns[0].Length).Select(i => Array.ConvertAll(columns, column => column[i]));
    }

    private sealed class GuessRow
    {
        public const int Count = 4;

        public string Task { get; set; } = "";

        public float Label { get; set; } // 0: guesses are errors

        public float Guess0 { get; set; }

        public float Guess1 { get; set; }

        public float Guess2 { get; set; }

        public float Guess3 { get; set; }

        [VectorType(1)]
        public float[] Features { get; set; } = [0];
    }
}
