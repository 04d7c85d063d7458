using MetaML.Data;
using MetaML.Episodes;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Episodes;

public sealed class SamplerTests
{
    [Theory]
    [InlineData(LabelKind.Binary, null, null)]
    [InlineData(LabelKind.Multiclass, 2, null)]
    [InlineData(LabelKind.Multiclass, null, 9)]
    [InlineData(LabelKind.Regression, null, null)]
    public void RowSampler_Draws_KeepSupportAndQueryApartAndEveryClassInSupport(LabelKind kind, int? shots, int? supportRows)
    {
        TaskSet set = CoreData.Of(Some.Tasks(), kind);
        var sampler = new RowSampler(kind, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions { Shots = shots, SupportRows = supportRows, StratifiedShare = 1, EmptyShare = 0 });
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
        {
            foreach (Episode episode in sampler.Draw(random))
            {
                Assert.NotEmpty(episode.Query);
                Assert.Empty(episode.Support.Intersect(episode.Query));
                Assert.Equal(episode.Support.Length, episode.Support.Distinct().Count());
                if (kind == LabelKind.Regression)
                    continue;
                var present = episode.Support.GroupBy(row => episode.Task.Labels[row]).ToDictionary(g => g.Key, g => g.Count());
                Assert.Equal(episode.Task.Labels.Distinct().Count(), present.Count);
                if (shots is { } wanted) // a class keeps one row for the query
                    Assert.All(present, pair => Assert.Equal(Math.Min(wanted, episode.Task.Labels.Count(label => label == pair.Key) - 1), pair.Value));
            }
        }
    }

    [Fact]
    public void RowSampler_SameSeed_SameDraws()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        var sampler = new RowSampler(LabelKind.Binary, set.Tasks.Select(EpisodePool.Whole), new EpisodeOptions());
        string Draws(int seed)
        {
            var random = new Random(seed);
            return string.Join(";", Enumerable.Range(0, 3).SelectMany(_ => sampler.Draw(random)).Select(e => $"{e.Task.Name}:{string.Join(",", e.Support)}|{string.Join(",", e.Query)}"));
        }

        Assert.Equal(Draws(3), Draws(3));
        Assert.NotEqual(Draws(3), Draws(4));
    }

    [Fact]
    public void ClassSampler_Draws_AreWaysByShots()
    {
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(8, 40), LabelKind.Multiclass, ClassSets.PerTask);
        var sampler = new ClassSampler(set.Tasks, new EpisodeOptions { Ways = 2, Shots = 3, Queries = 4 });
        foreach (Episode episode in sampler.Draw(new Random(1)))
        {
            Assert.Equal(2, episode.Classes.Distinct().Count());
            Assert.All(episode.Support.GroupBy(row => episode.Task.Labels[row]), rows => Assert.Equal(3, rows.Count()));
            Assert.All(episode.Query, row => Assert.Contains((int)episode.Task.Labels[row], episode.Classes));
            Assert.Empty(episode.Support.Intersect(episode.Query));
        }
    }
}
