using MetaML.Data;
using MetaML.Episodes;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class TaskNumberTests
{
    [Fact]
    public void Number_OfEveryTask_IsItsPositionInTheSet()
    {
        TaskSet set = CoreData.Of(Some.Tasks(4), LabelKind.Binary), some = set.With([set.Tasks[3], set.Tasks[1]]);
        Assert.Equal([0, 1, 2, 3], set.Tasks.Select(task => task.Number));
        Assert.Equal([0, 1], some.Tasks.Select(task => task.Number));
        Assert.Equal(["task3", "task1"], some.Tasks.Select(task => task.Name));
        Assert.Equal(3, set.Tasks[3].Number); // the other set has a copy
    }

    [Fact]
    public void TaskNumber_EpisodesOfPartsOfTasks_IsThatOfTheWhole()
    {
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass);
        IEnumerable<LearningTask> parts = set.Tasks.Skip(1).Select(task => task.Take([.. Enumerable.Range(0, task.RowCount)]));
        var sampler = new ClassSampler(parts, new EpisodeOptions { Ways = 2, Shots = 1 });
        Assert.All(sampler.Draw(new Random(1)), episode => Assert.Equal(set.Tasks[episode.TaskNumber].Name, episode.Task.Name));
    }
}
