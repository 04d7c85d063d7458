using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Metrics;

public sealed class TaskMetricSummaryTests
{
    [Fact]
    public void Of_RaggedTasks_ByHand()
    {
        TaskMetricSummary summary = TaskMetricSummary.Of(TaskMetric.Accuracy, [Task("a", 10, TaskMetric.Accuracy, 0.5), Task("b", 30, TaskMetric.Accuracy, 0.9), Task("c", 7, TaskMetric.Accuracy, double.NaN)]);
        Assert.Equal(0.7, summary.Macro.Mean, 12);
        Assert.Equal(0.8, summary.RowWeightedMean, 12);
        Assert.Equal(0.5, summary.WorstDecile, 12);
        Assert.Equal(1, summary.UndefinedCount);
        Assert.Equal(12.706205 * 0.2, summary.Macro.HalfWidth, 5); // standard deviation 0.2828, over √2
    }

    [Theory]
    [InlineData(TaskMetric.Accuracy, 1.5)] // the mean of the two smallest values of 1 … 15
    [InlineData(TaskMetric.LogLoss, 14.5)] // the mean of the two largest values
    public void WorstDecile_IsTheWorstTenthWhicheverWayTheMetricRuns(TaskMetric metric, double expected) =>
        Assert.Equal(expected, TaskMetricSummary.Of(metric, [.. Enumerable.Range(1, 15).Select(i => Task($"{i}", 1, metric, i))]).WorstDecile, 12);

    [Fact]
    public void Indexer_MetricOfAnotherKind_IsRefused()
    {
        var evaluation = new TaskEvaluation(LabelKind.Regression, [Task("a", 1, TaskMetric.RSquared, 0.5)]);
        Assert.Equal(0.5, evaluation[TaskMetric.RSquared].Macro.Mean);
        Assert.Contains("one of RootMeanSquaredError, MeanAbsoluteError, RSquared for Regression labels; got Accuracy", Assert.Throws<ArgumentException>(() => evaluation[TaskMetric.Accuracy]).Message);
    }

    [Fact]
    public void Metrics_OfEveryKind_HaveNamesOfTheirOwn()
    {
        foreach (LabelKind kind in Enum.GetValues<LabelKind>())
            Assert.Equal(kind.Metrics().Count, kind.Metrics().Select(metric => metric.DisplayName()).Distinct().Count());
        Assert.Equal(Enum.GetValues<TaskMetric>().Order(), Enum.GetValues<LabelKind>().SelectMany(kind => kind.Metrics()).Append(TaskMetric.Own).Distinct().Order());
    }

    internal static TaskMetrics Task(string name, int rows, TaskMetric metric, double value) =>
        new() { Task = name, RowCount = rows, Values = new Dictionary<TaskMetric, double> { [metric] = value } };
}
