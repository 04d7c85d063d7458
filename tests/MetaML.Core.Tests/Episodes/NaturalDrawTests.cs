using MetaML.Data;
using MetaML.Episodes;
using MetaML.Training.Loop;
using Xunit;

namespace MetaML.Core.Tests.Episodes;

/// <summary>Supports as new tasks have them, where the options leave them open.</summary>
public sealed class NaturalDrawTests
{
    [Fact]
    public void RowSampler_NothingSet_KeepsARareClassAtItsRateInSupportAndQuery()
    {
        List<Episode> episodes = Draws(Set(20, no: 98, yes: 2), new EpisodeOptions());
        Assert.Equal(0.02, RateOf(episodes, episode => episode.Query), 0.002);
        Assert.Equal(0.02, RateOf(episodes, episode => episode.Support), 0.003);
    }

    [Fact]
    public void RowSampler_NothingSet_DrawsSupportsThatAreEmptyOfOneClassAndStratified()
    {
        List<Episode> episodes = Draws(Set(20, no: 30, yes: 10), new EpisodeOptions());
        double Share(Func<Episode, bool> condition) => episodes.Count(condition) / (double)episodes.Count;
        Assert.Equal(0.1, Share(episode => episode.Support.Length == 0), 0.02);
        Assert.True(Share(episode => episode.Support.Length > 0 && Positives(episode, episode.Support) == 0) > 0.05);
        Assert.True(Share(episode => episode.Support.Length == 12 && Positives(episode, episode.Support) == 3) > 0.01);
        Assert.All(episodes, episode =>
        {
            Assert.NotEmpty(episode.Query);
            Assert.Empty(episode.Support.Intersect(episode.Query));
        });
    }

    [Fact]
    public void RowSampler_NothingSet_NeverDrawsABatchWithoutSupport()
    {
        var sampler = new RowSampler(LabelKind.Binary, Set(3, 5, 5).Tasks.Select(EpisodePool.Whole), new EpisodeOptions());
        Assert.All(Enumerable.Range(0, 500), seed => Assert.Contains(sampler.Draw(new Random(seed)), episode => episode.Support.Length > 0));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.4)]
    public void RowSampler_EmptyShare_IsTheShareOfEmptySupports(double share)
    {
        List<Episode> episodes = Draws(Set(20, 30, 10), new EpisodeOptions { EmptyShare = share, SupportRows = 4 });
        Assert.Equal(share * 15 / 16, episodes.Count(episode => episode.Support.Length == 0) / (double)episodes.Count, 0.03);
        Assert.All(episodes, episode => Assert.True(episode.Support.Length is 0 or 4));
    }

    [Fact]
    public void RowSampler_StratifiedShareOfOne_HasEveryClassInEverySupport()
    {
        List<Episode> episodes = Draws(Set(20, 95, 5), new EpisodeOptions { StratifiedShare = 1, EmptyShare = 0 });
        Assert.All(episodes, episode => Assert.InRange(Positives(episode, episode.Support), 1, episode.Support.Length - 1));
    }

    [Fact]
    public void RowSampler_StratifiedShareOfZero_DrawsSupportRowsAtRandom()
    {
        List<Episode> episodes = Draws(Set(20, 50, 50), new EpisodeOptions { StratifiedShare = 0, SupportRows = 4 });
        Assert.Equal(5, episodes.Select(episode => Positives(episode, episode.Support)).Distinct().Count());
    }

    [Theory]
    [InlineData(50, 50, 64)]
    [InlineData(190, 10, 200)]
    [InlineData(398, 2, 256)]
    public void Draw_RareClass_QueriesHaveAboutTenRowsOfIt(int no, int yes, int queries) =>
        Assert.Equal(Math.Min(queries, no + yes), Draws(Set(5, no, yes), new EpisodeOptions { EmptyShare = 0.5 }).Where(episode => episode.Support.Length == 0).Select(episode => episode.Query.Length).Distinct().Single());

    [Fact]
    public void Split_TasksOfOneClass_AreTrainedOn()
    {
        TaskSet set = Set(6, 10, 10, others: 6); // six tasks more without positives
        EpisodeSource source = EpisodeSource.Split(set, new MetaTrainingOptions { ValidationFraction = 0 }, new Random(1), null, message => Assert.Fail(message));
        Assert.Equal(12, Enumerable.Range(0, 50).SelectMany(seed => source.Training.Draw(new Random(seed))).Select(episode => episode.Task.Name).Distinct().Count());
    }

    [Fact]
    public void Split_OneClassInAllTasks_SaysSo()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => EpisodeSource.Split(Set(5, 10, 0), new MetaTrainingOptions(), new Random(1), null, null));
        Assert.Contains("must be of at least two classes", error.Message);
    }

    private static int Positives(Episode episode, int[] rows) => rows.Count(row => episode.Task.Labels[row] == 1);

    private static double RateOf(List<Episode> episodes, Func<Episode, int[]> rows) => episodes.Sum(episode => Positives(episode, rows(episode))) / (double)episodes.Sum(episode => rows(episode).Length);

    private static List<Episode> Draws(TaskSet set, EpisodeOptions options)
    {
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), options);
        var random = new Random(1);
        return [.. Enumerable.Range(0, 300).SelectMany(_ => sampler.Draw(random))];
    }

    private static TaskSet Set(int tasks, int no, int yes, int others = 0)
    {
        var store = new DenseFeatureStore(1);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        for (int t = 0; t < tasks + others; t++)
        {
            for (int i = 0; i < no + (t < tasks ? yes : 0); i++)
                builder.Add($"t{t}", store.Add(new FeatureRow([i])), i < no ? 0 : 1);
        }

        return builder.Build();
    }
}
