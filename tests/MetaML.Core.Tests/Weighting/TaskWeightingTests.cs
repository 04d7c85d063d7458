using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Weighting;
using Xunit;

namespace MetaML.Core.Tests.Weighting;

public sealed class TaskWeightingTests
{
    private static readonly IReadOnlyList<WeightedTask> s_tasks = TasksOf(LabelKind.Binary);

    public static TheoryData<TaskWeightingOptions> All => new(
        new UniformWeightingOptions(),
        new SizeWeightingOptions(),
        new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["task1"] = 3, ["task2"] = 0 } },
        new RandomWeightingOptions(),
        new DynamicWeightAverageOptions(),
        new UncertaintyWeightingOptions(),
        new FamoWeightingOptions(),
        new GeometricLossWeightingOptions(),
        new SmoothTchebycheffWeightingOptions());

    [Theory]
    [MemberData(nameof(All))]
    public void Weights_AnySteps_HaveMeanOneAndAreNotNegative(TaskWeightingOptions options)
    {
        ITaskWeighting weighting = options.Create(s_tasks);
        var random = new Random(1);
        for (int step = 0; step < 20; step++)
        {
            weighting.Observe([step % 4, (step + 1) % 4], [random.NextDouble(), 3 * random.NextDouble()], random);
            Assert.Equal(1, weighting.Weights.Average(), 1e-9);
            Assert.All(weighting.Weights, weight => Assert.True(weight >= 0));
        }
    }

    [Fact]
    public void Size_Exponent_IsAPowerOfTheRows()
    {
        IReadOnlyList<double> weights = new SizeWeightingOptions { Exponent = 1 }.Create(s_tasks).Weights;
        Assert.Equal((double)s_tasks[0].RowCount / s_tasks[3].RowCount, weights[0] / weights[3], 1e-9);
    }

    [Fact]
    public void Given_NamesOfOtherTasks_AreAnError() =>
        Assert.Contains("got 'south'", Assert.Throws<ArgumentException>(() => new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["south"] = 1 } }.Create(s_tasks)).Message);

    [Theory]
    [InlineData(LabelKind.Regression)]
    [InlineData(LabelKind.Binary)]
    public void Uncertainty_SteadyLosses_ReachTheOptimum(LabelKind kind)
    {
        // The minimum of exp(−s) L + c s is at exp(−s) = c / L, so weights are inversely proportional to losses.
        ITaskWeighting weighting = new UncertaintyWeightingOptions().Create(TasksOf(kind));
        for (int step = 0; step < 3000; step++)
            weighting.Observe([0, 1, 2, 3], [0.2, 0.4, 0.8, 0.8], new Random(1));
        Assert.Equal(2, weighting.Weights[0] / weighting.Weights[1], 1e-3);
        Assert.Equal(4, weighting.Weights[0] / weighting.Weights[2], 1e-3);
    }

    [Fact]
    public void DynamicWeightAverage_LossThatStopsFalling_CountsMore()
    {
        ITaskWeighting weighting = new DynamicWeightAverageOptions().Create(s_tasks);
        for (int step = 0; step < 5; step++)
            weighting.Observe([0, 1], [1, Math.Pow(0.5, step)], new Random(1));
        Assert.True(weighting.Weights[0] > weighting.Weights[1]);
        Assert.Equal(weighting.Weights[2], weighting.Weights[3]); // never drawn, so their ratio does not change
    }

    private static WeightedTask[] TasksOf(LabelKind kind) => [.. CoreData.Of(Some.Tasks(4), kind).Tasks.Select(task => new WeightedTask(task.Name, kind, task.RowCount))];

    [Fact]
    public void Train_TasksOfWeightZero_TeachNothing()
    {
        // Half of the tasks have random labels. With small weights for them, training is better on the other tasks.
        List<TaskRow> rows = Some.Tasks(24, 40);
        var random = new Random(1);
        bool IsNoise(string task) => int.Parse(task[4..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 1;
        foreach (TaskRow row in rows.Where(row => IsNoise(row.Task)))
            row.Answer = random.Next(2) == 1;
        var weights = rows.Select(row => row.Task).Distinct().Where(IsNoise).ToDictionary(task => task, _ => 0.0);
        var progress = new List<TrainingProgress>();
        double AccuracyWith(TaskWeightingOptions weighting)
        {
            MetaModel model = MetaTrainer.Train(CoreData.Of(rows, LabelKind.Binary), new MetaTrainingOptions
            {
                Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8 },
                MaximumNumberOfIterations = 150,
                ValidationFraction = 0,
                TaskWeighting = weighting,
                Progress = new Reports(progress.Add),
            });
            TaskSet news = CoreData.Of(Some.Tasks(10, 60, firstTask: 100), LabelKind.Binary);
            LearningTask[] support = [.. news.Tasks.Select(task => task.Take([.. Enumerable.Range(0, 10)]))];
            IReadOnlyList<AdaptedTask> adapted = model.Adapt(news.With(support));
            MetaScorer scorer = model.CreateScorer();
            return news.Tasks.SelectMany((task, t) => Enumerable.Range(10, task.RowCount - 10).Select(i => scorer.Score(adapted[t], news.Features[task.Rows[i]])[0] > 0 == task.Labels[i] > 0)).Average(right => right ? 1.0 : 0);
        }

        double uniform = AccuracyWith(new UniformWeightingOptions()), told = AccuracyWith(new GivenWeightingOptions { Weights = weights });
        Assert.True(told > uniform, $"told {told}, uniform {uniform}");
        Assert.Equal(0, progress[^1].TaskWeights.Single(pair => pair.Key == "task1").Value);
        Assert.Equal(2, progress[^1].TaskWeights.Single(pair => pair.Key == "task2").Value);
    }
}
