using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Experiments.Search;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments.Search;

public sealed class SuccessiveHalvingTests
{
    [Theory]
    [InlineData(12, int.MaxValue, new[] { 12, 4, 2 })]
    [InlineData(9, 13, new[] { 9, 3, 1 })]
    [InlineData(9, 12, new[] { 8, 3, 1 })]
    [InlineData(9, 1, new[] { 1 })]
    [InlineData(2, int.MaxValue, new[] { 2, 1 })]
    [InlineData(0, int.MaxValue, new int[0])]
    [InlineData(3, 0, new int[0])]
    public void Sizes_ModelsLeft_Fit(int candidates, int models, int[] expected)
    {
        using var budget = new ExperimentBudget(new TaskExperimentSettings());
        Assert.Equal(expected, new SuccessiveHalving(budget, 3, 900).Sizes(candidates, models));
    }

    [Fact]
    public void Run_Rounds_KeepTheBestAndTrainThemLonger()
    {
        // The score of a candidate is its number. Candidate 7 fails. The score of candidate 6 does not depend on the number of steps.
        using var budget = new ExperimentBudget(new TaskExperimentSettings());
        var runs = new List<(int Candidate, int Iterations, int Round)>();
        bool isComplete = new SuccessiveHalving(budget, 3, 900).Run([.. Enumerable.Range(0, 9)], (candidate, iterations, round) =>
        {
            runs.Add((candidate, iterations, round));
            return (candidate == 7 ? double.NaN : candidate, candidate != 6);
        });
        Assert.True(isComplete);
        Assert.Equal(Enumerable.Range(0, 9).Select(candidate => (candidate, 100, 1)), runs[..9]);
        Assert.Equal([(8, 300, 2), (5, 300, 2), (8, 900, 3)], runs[9..]);
    }

    [Fact]
    public void Run_BudgetSpent_GoesNoFurther()
    {
        using var source = new CancellationTokenSource();
        using var budget = new ExperimentBudget(new TaskExperimentSettings { CancellationToken = source.Token });
        int runs = 0;
        Assert.False(new SuccessiveHalving(budget, 3, 900).Run([1, 2, 3, 4], (candidate, _, _) =>
        {
            if (++runs == 2)
                source.Cancel();
            return (candidate, true);
        }));
        Assert.Equal(2, runs);
        Assert.Equal(ExperimentEnd.Cancelled, budget.End(isAllTried: false));
    }
}
