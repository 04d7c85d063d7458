using MetaML.Data;
using MetaML.Episodes;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Episodes;

public sealed class SamplerPropertyTests
{
    [Fact]
    public void RowSampler_SupportRows_KeepsTheProportionsOfClasses()
    {
        TaskSet set = Imbalanced(30, 10);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { SupportRows = 12 });
        Assert.All(Draws(sampler, 10), episode => Assert.Equal((9, 3), Counts(episode, episode.Support)));
    }

    [Fact]
    public void RowSampler_Shots_AreExactWhereThereAreEnough()
    {
        TaskSet set = Imbalanced(30, 10);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { Shots = 4 });
        Assert.All(Draws(sampler, 10), episode => Assert.Equal((4, 4), Counts(episode, episode.Support)));
    }

    [Fact]
    public void RowSampler_Draws_AreOfDifferentSizesAndReachEveryRow()
    {
        TaskSet set = Imbalanced(30, 10);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions());
        List<Episode> episodes = Draws(sampler, 200);
        Assert.True(episodes.Select(e => e.Support.Length).Distinct().Count() > 5);
        Assert.Equal(Enumerable.Range(0, 40), episodes.SelectMany(e => e.Support).Distinct().Order());
        Assert.Equal(Enumerable.Range(0, 40), episodes.SelectMany(e => e.Query).Distinct().Order());
    }

    [Fact]
    public void RowSampler_Queries_AreAtMostThatMany()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Regression);
        var sampler = new RowSampler(LabelKind.Regression, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { Queries = 5, SupportRows = 8, TasksPerIteration = 4 });
        IReadOnlyList<Episode> drawn = sampler.Draw(new Random(1));
        Assert.Equal(4, drawn.Select(e => e.Task.Name).Distinct().Count());
        Assert.All(drawn, episode => Assert.Equal((8, 5), (episode.Support.Length, episode.Query.Length)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void RowSampler_LargeTask_DrawsDistinctRowsInProportion(int? shots)
    {
        TaskSet set = Imbalanced(15_000, 5_000);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { SupportRows = 40, Shots = shots, Queries = 200 });
        List<Episode> episodes = Draws(sampler, 100);
        Assert.All(episodes, episode =>
        {
            Assert.Equal(shots is null ? (30, 10) : (3, 3), Counts(episode, episode.Support));
            Assert.Equal(episode.Support.Length + 200, episode.Support.Concat(episode.Query).Distinct().Count());
        });
        Assert.Equal(0.25, episodes.Sum(episode => Counts(episode, episode.Query).Item2) / (200.0 * episodes.Count), 0.02);
        int[] tenths = [.. episodes.SelectMany(episode => episode.Query).CountBy(row => row / 2_000).OrderBy(tenth => tenth.Key).Select(tenth => tenth.Value)];
        Assert.Equal(10, tenths.Length);
        Assert.All(tenths, count => Assert.InRange(count, 0.8 * tenths.Average(), 1.2 * tenths.Average()));
    }

    [Fact]
    public void RowSampler_LargeTask_QueryMayTakeAllThatSupportLeaves()
    {
        TaskSet set = Imbalanced(4_000, 1_000);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { SupportRows = 4_000, Queries = 100_000 });
        Episode episode = Assert.Single(Draws(sampler, 1));
        Assert.Equal((3_200, 800), Counts(episode, episode.Support));
        Assert.Equal(Enumerable.Range(0, 5_000), episode.Support.Concat(episode.Query).Order());
    }

    [Theory]
    [InlineData(4_096, 4_096)]
    [InlineData(4_097, 4_097)]
    [InlineData(100_000, 500)]
    [InlineData(100_000, 50_000)]
    public void Some_AnyCount_IsDistinctAndBelowTheTotal(int total, int count)
    {
        int[] numbers = RowSampler.Some(total, count, new Random(1));
        Assert.Equal(count, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.InRange(number, 0, total - 1));
        Assert.NotEqual(numbers.Order(), numbers);
        Assert.InRange(numbers.Average() / total, 0.45, 0.55);
    }

    [Fact]
    public void Some_FewOfMany_CostsNoMoreThanThose()
    {
        RowSampler.Some(10_000_000, 10, new Random(1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        RowSampler.Some(10_000_000, 10, new Random(1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    [Fact]
    public void RowSampler_EveryClassASingleRow_StillHasAQuery()
    {
        var store = new DenseFeatureStore(1);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, store);
        for (int k = 0; k < 3; k++)
            builder.Add("t", store.Add(new FeatureRow([k])), k);
        var sampler = new RowSampler(LabelKind.Multiclass, builder.Build(3).Tasks.Select(EpisodePool.Whole), new EpisodeOptions { StratifiedShare = 1, EmptyShare = 0 });
        Assert.All(Draws(sampler, 20), episode => Assert.Equal((2, 1), (episode.Support.Length, episode.Query.Length)));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 5)]
    public void ClassSampler_WaysAndShots_AreExactAndNumberedAnew(int ways, int shots)
    {
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(6, 60), LabelKind.Multiclass, ClassSets.PerTask);
        var sampler = new ClassSampler(set.Tasks, new EpisodeOptions { Ways = ways, Shots = shots, Queries = 2, TasksPerIteration = 5 });
        var orders = new HashSet<string>();
        foreach (Episode episode in Draws(sampler, 20))
        {
            Assert.Equal(ways, episode.Classes.Distinct().Count());
            Assert.Equal(ways * shots, episode.Support.Distinct().Count());
            Assert.Equal(ways * 2, episode.Query.Length);
            Assert.All(episode.Support.GroupBy(row => episode.Task.Labels[row]), rows => Assert.Equal(shots, rows.Count()));
            orders.Add($"{episode.Task.Name}: {string.Join(",", episode.Classes)}");
        }

        Assert.Contains(orders, order => orders.Contains(Reversed(order))); // a class is not always the same output
    }

    [Fact]
    public void ClassSampler_TooFewClassesWithRowsToSpare_IsEmpty()
    {
        TaskSet set = Imbalanced(30, 4);
        Assert.False(new ClassSampler(set.Tasks, new EpisodeOptions { Ways = 2, Shots = 3 }).IsEmpty);
        Assert.True(new ClassSampler(set.Tasks, new EpisodeOptions { Ways = 2, Shots = 4 }).IsEmpty); // no row left to be judged on
    }

    private static string Reversed(string order)
    {
        string[] parts = order.Split(": ");
        return $"{parts[0]}: {string.Join(",", parts[1].Split(',').Reverse())}";
    }

    private static (int No, int Yes) Counts(Episode episode, int[] rows) =>
        (rows.Count(row => episode.Task.Labels[row] == 0), rows.Count(row => episode.Task.Labels[row] == 1));

    private static List<Episode> Draws(IEpisodeSampler sampler, int times)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, times).SelectMany(_ => sampler.Draw(random))];
    }

    private static TaskSet Imbalanced(int no, int yes)
    {
        var store = new DenseFeatureStore(1);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        for (int i = 0; i < no + yes; i++)
            builder.Add("t", store.Add(new FeatureRow([i])), i < no ? 0 : 1);
        return builder.Build();
    }
}
