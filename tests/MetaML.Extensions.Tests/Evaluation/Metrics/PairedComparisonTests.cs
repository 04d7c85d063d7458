using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Metrics;

public sealed class PairedComparisonTests
{
    [Theory]
    [InlineData(TaskMetric.RootMeanSquaredError, 1)] // lower is better
    [InlineData(TaskMetric.RSquared, -1)]
    public void Of_FourTasks_ByHand(TaskMetric metric, int sign)
    {
        TaskEvaluation baseline = Evaluation(metric, 5, 4, 3, 2, double.NaN), strategy = Evaluation(metric, 3, 3, 3, 2.5, 1);
        PairedComparison comparison = PairedComparison.Of(("ours", strategy), ("theirs", baseline), metric, 10);

        // Gains 2, 1, 0, −0.5: mean 0.625, standard deviation 1.108678, t(3) = 3.182446.
        Assert.Equal(sign * 0.625, comparison.Gain.Mean, 12);
        Assert.Equal(3.182446 * 1.108678 / 2, comparison.Gain.HalfWidth, 5);
        Assert.Equal(4, comparison.Tasks.Count);
        Assert.Equal(sign > 0 ? (2, 1, 1) : (1, 1, 2), (comparison.Wins, comparison.Ties, comparison.Losses));
        Assert.Equal(sign > 0 ? ["task3"] : ["task0", "task1"], comparison.LosingTasks.Select(task => task.Task));
        Assert.Equal(new TaskComparison("task0", 5, 3, sign * 2), comparison.Tasks[0]);
    }

    [Fact]
    public void Of_OtherTasks_IsRefused()
    {
        TaskEvaluation two = Evaluation(TaskMetric.RSquared, 1, 2), three = Evaluation(TaskMetric.RSquared, 1, 2, 3);
        Assert.Contains("'a' and 'b', which differ", Assert.Throws<ArgumentException>(() => PairedComparison.Of(("a", two), ("b", three), TaskMetric.RSquared)).Message);
    }

    private static TaskEvaluation Evaluation(TaskMetric metric, params double[] values) =>
        new(LabelKind.Regression, [.. values.Select((value, i) => TaskMetricSummaryTests.Task($"task{i}", 1, metric, value))]);
}
