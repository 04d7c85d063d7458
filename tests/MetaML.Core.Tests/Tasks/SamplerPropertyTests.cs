using MetaML.Tasks;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Tasks;

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

    [Fact]
    public void RowSampler_EveryClassASingleRow_StillHasAQuery()
    {
        var store = new DenseFeatureStore(1);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, store);
        for (int k = 0; k < 3; k++)
            builder.Add("t", store.Add(new FeatureRow([k])), k);
        var sampler = new RowSampler(LabelKind.Multiclass, builder.Build(3).Tasks.Select(EpisodePool.Whole), new EpisodeOptions());
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
