using MetaML.Extensions.Orleans.Tests.Clusters;
using Orleans.Runtime;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Tasks;

/// <summary>A storage that fails, is slow, returns an old state, or is written by another silo.</summary>
public sealed class StorageFaultTests
{
    private static readonly Visit[] s_queries = Visit.Of(100, 5, seed: 3);

    [Fact]
    public async Task Write_ThatFails_IsNotAcknowledgedAndChangesNothing()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(Rows(1), "first");
        float[] before = await TaskGrainTests.Scores(task, s_queries);
        cluster.Storage.BeforeWrite = _ => throw new IOException("the disk is full");
        OrleansException error = await Assert.ThrowsAsync<OrleansException>(() => task.Update(Rows(2), "second"));
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await TaskGrainTests.Scores(task, s_queries));
        cluster.Storage.BeforeWrite = null;
        Assert.Equal(new TaskReceipt("v1", 2, IsRepeated: false, null), await task.Update(Rows(2), "second"));
    }

    [Fact]
    public async Task Write_ThatIsStoredAndThenFails_CountsOnceWhenItIsRepeated()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(Rows(1), "first");
        cluster.Storage.AfterWrite = _ => throw new IOException("the connection is lost");
        await Assert.ThrowsAsync<OrleansException>(() => task.Update(Rows(2), "second"));
        cluster.Storage.AfterWrite = null;
        Assert.Equal(new TaskReceipt("v1", 2, IsRepeated: true, null), await task.Update(Rows(2), "second"));
        Assert.Equal(new TaskReceipt("v1", 3, IsRepeated: false, null), await task.Update(Rows(3), "third"));
    }

    [Fact]
    public async Task Write_ThatIsSlow_HoldsUpNoPredictionAndNoOtherTask()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100"), other = cluster.Task("shop 101");
        await task.Update(Rows(1));
        float[] before = await TaskGrainTests.Scores(task, s_queries);
        var (reached, released) = cluster.Storage.Hold("shop 100");
        Task<TaskReceipt> change = task.Update(Rows(2));
        await reached;
        Assert.Equal(before, await TaskGrainTests.Scores(task, s_queries));
        Assert.Equal(1, (await other.Update(TaskRows.From(Visit.Of(101, 1)))).RowCount);
        Assert.False(change.IsCompleted);
        released.SetResult();
        Assert.Equal(2, (await change).RowCount);
        Assert.NotEqual(before, await TaskGrainTests.Scores(task, s_queries));
    }

    [Fact]
    public async Task Request_ThatWaitsTooLong_IsATimeout()
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => options.RequestTimeout = TimeSpan.FromSeconds(2));
        ITaskGrain task = cluster.Task("shop 100");
        var (reached, released) = cluster.Storage.Hold();
        Task<TaskReceipt> first = task.Update(Rows(1));
        await reached;
        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => task.Update(Rows(2)));
        Assert.Contains("TaskGrainOptions.RequestTimeout", error.Message, StringComparison.Ordinal);
        released.SetResult();
        Assert.Equal(1, (await first).RowCount);
    }

    [Fact]
    public async Task Read_OfAnOldState_LosesNoUpdate()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(Rows(1), "first");
        await task.Update(Rows(2), "second");
        await cluster.Silos.DeactivateAsync(task);
        int reads = 0;
        cluster.Storage.ReadsOldState = key => key.StartsWith("task/", StringComparison.Ordinal) && Interlocked.Increment(ref reads) <= 2;
        Assert.Equal(new TaskReceipt("v1", 3, IsRepeated: false, null), await task.Update(Rows(3), "third"));
        Assert.Equal(3, reads); // at the activation, and after each of two conflicts
        Assert.True((await task.Update(Rows(2), "second")).IsRepeated);
    }

    [Fact]
    public async Task State_ThatAnotherSiloWrote_IsReadAgain()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(Rows(1), "first");
        string key = Assert.Single(cluster.Storage.Bytes.Keys, each => each.StartsWith("task/", StringComparison.Ordinal));
        byte[] one = cluster.Storage.Bytes[key];
        await task.Update(Rows(2), "second");
        cluster.Storage.Replace(key, one); // as if another silo had forgotten the second row
        Assert.Equal(new TaskReceipt("v1", 2, IsRepeated: false, null), await task.Update(Rows(3), "third"));
    }

    [Fact]
    public async Task State_ThatIsDamaged_HarmsOnlyItsTask()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100"), other = cluster.Task("shop 101");
        await task.Update(Rows(1));
        await other.Update(TaskRows.From(Visit.Of(101, 1)));
        string key = Assert.Single(cluster.Storage.Bytes.Keys, each => each.EndsWith("shop 100", StringComparison.Ordinal));
        string otherKey = Assert.Single(cluster.Storage.Bytes.Keys, each => each.EndsWith("shop 101", StringComparison.Ordinal));
        foreach (byte[] damaged in (byte[][])[cluster.Storage.Bytes[key][..^1], [1, 2, 3], [], cluster.Storage.Bytes[otherKey]])
        {
            await cluster.Silos.DeactivateAsync(task);
            cluster.Storage.Replace(key, damaged);
            Exception? error = await Record.ExceptionAsync(() => task.Predict(TaskRows.From(s_queries)));
            Assert.True(error is InvalidDataException or OrleansException { InnerException: InvalidDataException }, $"{error}");
        }

        Assert.Equal(2, (await other.Update(TaskRows.From(Visit.Of(101, 1, seed: 2)))).RowCount);
    }

    private static TaskRows Rows(int seed) => TaskRows.From(Visit.Of(100, 1, seed));
}
