using MetaML.Extensions.Orleans.Tests.Clusters;
using Orleans.Runtime;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Tasks;

/// <summary>Requests that are refused name the column or the limit, and change nothing. The silo goes on.</summary>
public sealed class BadRequestTests
{
    private static readonly float[] s_two = [1, 2];

    public static TheoryData<string, string[], string> Requests => new()
    {
        { "no such column", ["Age", "Spends"], "'Basket': expected Single, got no such column" },
        { "extra column", ["Age", "Basket", "Spends", "Colour"], "'Colour': expected no such column, got Single" },
        { "number as text", ["Age:text", "Basket", "Spends"], "'Age': expected Single, got String" },
        { "vector", ["Age:vector", "Basket", "Spends"], "'Age': expected Single, got Vector<Single, 1>" },
        { "label of another type", ["Age", "Basket", "Spends:double"], "'Spends': expected Single, got Double" },
        { "no label", ["Age", "Basket"], "'Spends': expected Single, got no such column" },
        { "name of another task", ["Age", "Basket", "Spends", "Shop:text"], "must hold the name of the task of the grain, 'shop 100'" },
        { "missing value", ["Age:nan", "Basket", "Spends"], "NaN" },
        { "no rows", ["Age:none", "Basket:none", "Spends:none"], "must have rows; got none" },
        { "too many rows", ["Age:many", "Basket:many", "Spends:many"], "TaskGrainOptions.MaximumRows" },
        { "too many bytes", ["Age", "Basket", "Spends", "Shop:long"], "TaskGrainOptions.MaximumRequestBytes" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Update_BadRows_NamesTheCauseAndChangesNothing(string name, string[] columns, string message)
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => (options.MaximumRows, options.MaximumRequestBytes) = (50, 10_000));
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(TaskRows.From(Visit.Of(100, 5)));
        float[] before = await TaskGrainTests.Scores(task, Visit.Of(100, 3));
        var rows = new TaskRows(columns.Select(Column));
        Exception? error = await Record.ExceptionAsync(() => task.Update(rows));
        Assert.True(error is ArgumentException or InvalidOperationException, $"{name}: {error}");
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(5, (await task.Describe()).RowCount);
        Assert.Equal(before, await TaskGrainTests.Scores(task, Visit.Of(100, 3)));
    }

    [Fact]
    public void Rows_OfDifferentLengthsOrEqualNames_AreRefused()
    {
        Assert.Contains("one number of rows", Assert.Throws<ArgumentException>(() => new TaskRows([new RowColumn("Age", s_two), new RowColumn("Basket", [1f])])).Message, StringComparison.Ordinal);
        Assert.Contains("'Age' twice", Assert.Throws<ArgumentException>(() => new TaskRows([new RowColumn("Age", s_two), new RowColumn("Age", s_two)])).Message, StringComparison.Ordinal);
        Assert.Contains("null", Assert.Throws<ArgumentException>(() => new TaskRows([new RowColumn("Name", [null!])])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_BeyondItsLimit_IsRefused()
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => options.MaximumStateBytes = 100);
        ITaskGrain task = cluster.Task("shop 100");
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => task.Update(TaskRows.From(Visit.Of(100, 5))));
        Assert.Contains("TaskGrainOptions.MaximumStateBytes", error.Message, StringComparison.Ordinal);
        Assert.False((await task.Describe()).IsKnown);
    }

    [Fact]
    public async Task Tasks_BeyondTheirLimit_AreRefusedUntilOneIsRemoved()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 2, configure: options => options.MaximumTasks = 70);
        int created = 0;
        for (int i = 0; i < 80; i++)
        {
            try
            {
                await cluster.Task($"shop {100 + i}").Update(TaskRows.From(Visit.Of(100 + i, 1)));
                created++;
            }
            catch (ArgumentException error)
            {
                Assert.Contains("TaskGrainOptions.MaximumTasks", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(created, 6, 70); // each silo reserves 64
        Assert.Equal(created, cluster.Storage.Bytes.Keys.Count(key => key.StartsWith("task/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task NoActiveVersion_IsAnError()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => TaskCluster.TaskOf(cluster, "other", "shop 100").Predict(TaskRows.From(Visit.Of(100, 1))));
        Assert.Contains("Publish and activate a version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_BeforeItIsStored_ChangesNothing()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        using var ended = new RequestListener();
        var (reached, released) = cluster.Storage.Hold();
        Task<TaskReceipt> first = task.Update(TaskRows.From(Visit.Of(100, 1)));
        await reached;
        using var cancellation = new CancellationTokenSource();
        Task<TaskReceipt> second = task.Update(TaskRows.From(Visit.Of(100, 1, seed: 2)), null, cancellation.Token);
        await Task.Delay(100); // usually the request waits in the grain by now
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await ended.Of("update", "cancelled").WaitAsync(TimeSpan.FromSeconds(20)); // the client does not wait for the grain
        released.SetResult();
        Assert.Equal(1, (await first).RowCount);
        Assert.Equal(1, (await task.Describe()).RowCount);
    }

    [Fact]
    public async Task Changes_BeyondTheQueue_AreRefused()
    {
        await using TaskCluster cluster = await TaskCluster.Start(configure: options => options.MaximumWaitingChanges = 3);
        ITaskGrain task = cluster.Task("shop 100");
        var (reached, released) = cluster.Storage.Hold();
        Task<TaskReceipt> first = task.Update(TaskRows.From(Visit.Of(100, 1)));
        await reached;
        List<Task<TaskReceipt>> waiting = [.. Enumerable.Range(0, 7).Select(i => task.Update(TaskRows.From(Visit.Of(100, 1, seed: i))))];
        Task<TaskReceipt>[] changes = [first, .. waiting];
        for (int i = 0; i < 4; i++)
        {
            Task<TaskReceipt> refused = await Task.WhenAny(waiting);
            await Assert.ThrowsAsync<LimitExceededException>(() => refused);
            waiting.Remove(refused);
        }

        released.SetResult();
        Exception?[] errors = await Task.WhenAll(changes.Select(change => Record.ExceptionAsync(() => change)));
        Assert.Equal(4, errors.Count(error => error is null)); // one at the storage, and three that waited
        Assert.Equal(4, errors.OfType<LimitExceededException>().Count());
        Assert.Equal(4, (await task.Describe()).RowCount);
    }

    private static RowColumn Column(string text)
    {
        string name = text.Split(':')[0];
        return text.Split(':').ElementAtOrDefault(1) switch
        {
            null => new RowColumn(name, s_two),
            "text" => new RowColumn(name, ["a", "b"]),
            "vector" => new RowColumn(name, s_two, 1),
            "double" => new RowColumn(name, [1d, 2d]),
            "nan" => new RowColumn(name, [1, float.NaN]),
            "none" => new RowColumn(name, Array.Empty<float>()),
            "many" => new RowColumn(name, new float[51]),
            "long" => new RowColumn(name, ["shop 100", new string('x', 10_000)]),
            _ => throw new ArgumentException(text),
        };
    }
}
