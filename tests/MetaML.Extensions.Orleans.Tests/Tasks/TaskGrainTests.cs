using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Tasks;

/// <summary>The operations of a task give the same results as those of <c>ml.MetaLearning()</c>.</summary>
public sealed class TaskGrainTests
{
    private const int New = 100; // a shop that the model was not trained on

    [Fact]
    public async Task Operations_GiveTheScoresOfTheCatalog()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 2);
        ITaskGrain task = cluster.Task($"shop {New}");
        Visit[] first = Visit.Of(New, 10), second = Visit.Of(New, 8, seed: 2), queries = Visit.Of(New, 5, seed: 3);
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Model.Load(new MemoryStream(SavedModels.Visits), out _);

        TaskScores unknown = await task.Predict(TaskRows.From(queries));
        Assert.False(unknown.IsKnown);
        Assert.Equal(Scores(ml, model, queries), unknown.Rows["Score"].Get<float>());

        model = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(first));
        Assert.Equal(new TaskReceipt("v1", 10, IsRepeated: false, null), await task.Learn(TaskRows.From(first)));
        Assert.Equal(Scores(ml, model, queries), await Scores(task, queries));

        model = ml.MetaLearning().Update(model, ml.Data.LoadFromEnumerable(second));
        Assert.Equal(18, (await task.Update(TaskRows.From(second))).RowCount);
        Assert.Equal(Scores(ml, model, queries), await Scores(task, queries));

        model = ml.MetaLearning().Forget(model, ml.Data.LoadFromEnumerable(first));
        Assert.Equal(8, (await task.Forget(TaskRows.From(first))).RowCount);
        Assert.Equal(Scores(ml, model, queries), await Scores(task, queries));

        TaskState state = await task.Describe();
        Assert.True(state.IsKnown && state.HasStatistics && !state.NeedsRows && state.StateBytes > 0);
        Assert.Equal(8, state.RowCount);
        Assert.True(await task.Remove());
        Assert.False((await task.Describe()).IsKnown);
        Assert.DoesNotContain(cluster.Storage.Bytes.Keys, key => key.StartsWith("task", StringComparison.Ordinal));
        Assert.False(await task.Remove());
    }

    [Fact]
    public async Task TrainingTask_HasItsHead_AndStaysRemoved()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 3");
        Visit[] queries = Visit.Of(3, 5, seed: 3);
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Model.Load(new MemoryStream(SavedModels.Visits), out _);
        Assert.Equal(Scores(ml, model, queries), await Scores(task, queries));
        Assert.Equal(31, (await task.Update(TaskRows.From(Visit.Of(3, 1, seed: 2)))).RowCount);
        Assert.True(await task.Remove());
        Assert.False((await task.Predict(TaskRows.From(queries))).IsKnown);
        await cluster.Silos.DeactivateAsync(task);
        Assert.False((await task.Predict(TaskRows.From(queries))).IsKnown);
        Assert.Equal(1, (await task.Update(TaskRows.From(Visit.Of(3, 1, seed: 2)))).RowCount);
    }

    [Fact]
    public async Task Deactivated_GivesTheSameBits()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task($"shop {New}");
        Visit[] queries = Visit.Of(New, 5, seed: 3);
        await task.Update(TaskRows.From(Visit.Of(New, 40)));
        float[] before = await Scores(task, queries);
        await cluster.Silos.DeactivateAsync(task);
        Assert.Equal(before, await Scores(task, queries));
        Assert.Equal(41, (await task.Update(TaskRows.From(Visit.Of(New, 1, seed: 2)))).RowCount);
    }

    [Fact]
    public async Task Event_ThatComesTwice_CountsOnce()
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => (options.EventWindow, options.EventLifetime) = (3, TimeSpan.Zero));
        ITaskGrain task = cluster.Task($"shop {New}");
        for (int i = 0; i < 3; i++)
            Assert.False((await task.Update(TaskRows.From(Visit.Of(New, 1, seed: i)), $"event {i}")).IsRepeated);
        await cluster.Silos.DeactivateAsync(task);
        for (int i = 0; i < 3; i++)
            Assert.Equal(new TaskReceipt("v1", 3, IsRepeated: true, null), await task.Update(TaskRows.From(Visit.Of(New, 1, seed: i)), $"event {i}"));
        await Task.Delay(1100); // times of events are in seconds
        Assert.Equal(4, (await task.Update(TaskRows.From(Visit.Of(New, 1)), "event 3")).RowCount);
        Assert.False((await task.Update(TaskRows.From(Visit.Of(New, 1)), "event 0")).IsRepeated); // outside the window
    }

    [Fact]
    public async Task MappedKeys_AreTextsInRequestsAndPredictions()
    {
        await using TaskCluster cluster = await TaskCluster.Start(model: SavedModels.Mapped);
        SavedModels.Classified[] rows = [.. Visit.Of(New, 20).Select(SavedModels.Classified.Of)], queries = [.. Visit.Of(New, 5, seed: 3).Select(SavedModels.Classified.Of)];
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.MetaLearning().Adapt(ml.Model.Load(new MemoryStream(SavedModels.Mapped), out _), ml.Data.LoadFromEnumerable(rows));
        ITaskGrain task = cluster.Task($"shop {New}");
        await task.Learn(TaskRows.From(rows));
        TaskScores scores = await task.Predict(TaskRows.From(queries));
        float[] expected = [.. model.Transform(ml.Data.LoadFromEnumerable(queries)).GetColumn<float[]>("Score").SelectMany(score => score)];
        Assert.Equal(expected, scores.Rows["Score"].Get<float>());
        Assert.All(scores.Rows["PredictedLabel"].Get<string>(), name => Assert.Contains(name, new[] { "low", "middle", "high" }));

        rows[0].Class = "new";
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => task.Update(TaskRows.From(rows)));
        Assert.Contains("'new'", error.Message, StringComparison.Ordinal);
        Assert.Equal(20, (await task.Describe()).RowCount);
    }

    internal static async Task<float[]> Scores(ITaskGrain task, Visit[] queries) => (await task.Predict(TaskRows.From(queries))).Rows["Score"].Get<float>();

    internal static float[] Scores(MLContext ml, ITransformer model, Visit[] queries) => [.. model.Transform(ml.Data.LoadFromEnumerable(queries)).GetColumn<float>("Score")];
}
