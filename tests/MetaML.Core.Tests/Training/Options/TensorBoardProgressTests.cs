using System.Buffers.Binary;
using MetaML.TestKit;
using Tensorboard;
using Xunit;

namespace MetaML.Core.Tests.Training.Options;

public class TensorBoardProgressTests
{
    [Fact]
    public void Report_LossesAndWeights_AreInTheFile()
    {
        using var folder = new TemporaryFolder();
        var progress = new TensorBoardProgress(folder["run"]);
        for (int step = 1; step <= 4; step++)
        {
            progress.Report(new TrainingProgress(step, 4, 1.0 / step, step < 3 ? null : 0.5, TimeSpan.Zero)
            {
                TaskWeights = [new("shop/1", 0.5), new("../<b>", 1.5)],
            });
        }

        List<(string Series, long Step, float Value)> points = Read(folder["run"]);
        Assert.Equal([(1, 1f), (2, 1 / 2f), (3, 1 / 3f), (4, 1 / 4f)], Of("loss/training"));
        Assert.Equal([(3, 0.5f)], Of("loss/validation")); // one validation
        Assert.Equal([(1, 0.5f), (2, 0.5f), (3, 0.5f), (4, 0.5f)], Of("task weight/shop/1"));
        Assert.Equal(4, Of("task weight/../<b>").Count());
        Assert.Equal(13, points.Count);
        Assert.Single(Directory.GetFileSystemEntries(folder["run"])); // the name of a task is not used as a path

        IEnumerable<(long, float)> Of(string series) => points.Where(point => point.Series == series).Select(point => (point.Step, point.Value));
    }

    [Fact]
    public void Report_Interval_KeepsEveryNthAndTheLast()
    {
        using var folder = new TemporaryFolder();
        var progress = new TensorBoardProgress(folder["run"], interval: 3);
        for (int step = 1; step <= 8; step++)
            progress.Report(new TrainingProgress(step, 8, 1, null, TimeSpan.Zero));
        Assert.Equal([3L, 6L, 8L], Read(folder["run"]).Select(point => point.Step));
    }

    [Fact]
    public void Report_ManyTasks_AreSummedUp()
    {
        using var folder = new TemporaryFolder();
        new TensorBoardProgress(folder["run"]).Report(new TrainingProgress(1, 1, 1, null, TimeSpan.Zero)
        {
            TaskWeights = Enumerable.Range(0, 1001).Select(task => KeyValuePair.Create($"task{task}", task / 500.0)),
        });
        Assert.Equal(
            [("loss/training", 1f), ("task weight/least", 0f), ("task weight/median", 1f), ("task weight/greatest", 2f)],
            Read(folder["run"]).Select(point => (point.Series, point.Value)));
    }

    [Fact]
    public void Constructor_BadArguments_Throws()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => new TensorBoardProgress(" "));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorBoardProgress(folder["run"], 0));
        Assert.False(Directory.Exists(folder["run"]));
        File.WriteAllText(folder["file"], "");
        Assert.ThrowsAny<IOException>(() => new TensorBoardProgress(folder["file"]));
    }

    // TFRecord: length (8 bytes), its checksum (4), that many bytes, their checksum (4).
    private static List<(string Series, long Step, float Value)> Read(string folder)
    {
        var points = new List<(string, long, float)>();
        byte[] bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder)));
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            var entry = Event.Parser.ParseFrom(bytes, at + 12, length);
            points.AddRange(entry.Summary?.Value.Select(value => (value.Tag, entry.Step, value.SimpleValue)) ?? []);
            at += 16 + length;
        }

        return points;
    }
}
