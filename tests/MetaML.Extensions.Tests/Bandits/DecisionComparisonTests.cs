using Xunit;

namespace MetaML.Extensions.Tests.Bandits;

public sealed class DecisionComparisonTests
{
    [Fact]
    public void Curve_TasksOfDifferentLengths_AreMeansOverTheTasksThatHaveTheDecision()
    {
        DecisionCurve curve = Curve("a", [1, 2, 6], [3, 0]);
        Assert.Equal([2, 1, 6], curve.Means.Select(mean => mean.Mean));
        Assert.Equal([2, 3, 9], curve.CumulativeMeans.Select(mean => mean.Mean));
        Assert.Equal([2, 2, 1], curve.Means.Select(mean => mean.Count));
        Assert.Equal(MeanInterval.Of([3, 1.5]), curve.Overall);
    }

    [Fact]
    public void OfRewards_Log_GroupsTheRewardsByTaskInTheirOrder()
    {
        BanditOutcome Outcome(string task, float reward) => new(new BanditEntry { Task = task, TaskFeatures = [], Actions = [], Chosen = 0 }, reward);
        DecisionCurve curve = DecisionCurve.OfRewards("a", StrategyKind.MetaLearned, [Outcome("x", 1), Outcome("y", 5), Outcome("x", 2)]);
        Assert.Equal([1, 2], curve.Values["x"]);
        Assert.Equal([5], curve.Values["y"]);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, -1)]
    public void Gain_IsPairedByTask_AndPositiveForTheBetterLearner(bool isHigherBetter, double sign)
    {
        var comparison = new DecisionComparison("profit", isHigherBetter, [Curve("a", [2, 4], [10, 10]), Curve("b", [1, 3], [9, 9])]);
        MeanInterval gain = comparison.Gain("a", "b");
        Assert.Equal(sign, gain.Mean, 1e-12);
        Assert.Equal(0, gain.HalfWidth, 1e-12); // the same difference in each task
        Assert.Contains("'a', 'b'", Assert.Throws<ArgumentException>(() => comparison.Gain("a", "c")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructors_WrongData_SayWhatIsWrong()
    {
        Assert.Contains("no task", Assert.Throws<ArgumentException>(() => Curve("a")).Message, StringComparison.Ordinal);
        Assert.Contains("task 'task 1'", Assert.Throws<ArgumentException>(() => Curve("a", [1], [])).Message, StringComparison.Ordinal);
        Assert.Contains("task 'task 0'", Assert.Throws<ArgumentException>(() => Curve("a", [double.NaN])).Message, StringComparison.Ordinal);
        Assert.Contains("same tasks", Assert.Throws<ArgumentException>(() => new DecisionComparison("profit", true, [Curve("a", [1]), Curve("b", [1], [2])])).Message, StringComparison.Ordinal);
        Assert.Contains("'a' occurs more than once", Assert.Throws<ArgumentException>(() => new DecisionComparison("profit", true, [Curve("a", [1]), Curve("a", [1])])).Message, StringComparison.Ordinal);
        Assert.Contains("got none", Assert.Throws<ArgumentException>(() => new DecisionComparison("profit", true, [])).Message, StringComparison.Ordinal);
    }

    private static DecisionCurve Curve(string learner, params double[][] tasks) =>
        new(learner, StrategyKind.MetaLearned, tasks.Select((values, i) => KeyValuePair.Create<string, IReadOnlyList<double>>($"task {i}", values)));
}
