using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Xunit;

namespace MetaML.Extensions.Tests.Data;

public sealed class TaskSetReaderTests
{
    private const int FeatureCount = 120;
    private static readonly MLContext s_ml = TrainerCase.NewContext();

    private int _passes;

    [Theory]
    [InlineData(10, 250, true)]
    [InlineData(60, 250, false)]
    [InlineData(10, 40, true)] // fewer rows than the reader samples to decide
    [InlineData(60, 40, false)]
    [InlineData(10, 0, false)]
    public void Read_WideRows_DecidesTheFormInOnePass(int nonZero, int rowCount, bool isSparse)
    {
        List<WideRow> rows = Rows(nonZero, rowCount);
        TaskSet tasks = Read(rows);
        Assert.Equal(1, _passes);
        Assert.Equal((isSparse, rowCount), (tasks.Features.IsSparse, tasks.Features.RowCount));
        var read = new float[FeatureCount];
        foreach (LearningTask task in tasks.Tasks)
        {
            for (int i = 0; i < task.RowCount; i++)
            {
                tasks.Features.CopyRow(task.Rows[i], read);
                WideRow row = rows[task.Rows[i]];
                Assert.Equal(row.Features, read);
                Assert.Equal((row.Task, row.Value), (task.Name, task.Labels[i]));
            }
        }
    }

    [Fact]
    public void Read_FirstRowsWithoutALabel_AreMeasuredButNotKept()
    {
        List<WideRow> rows = Rows(10, 150);
        foreach (WideRow row in rows.Take(90))
        {
            row.Value = float.NaN;
            Array.Fill(row.Features, 1);
        }

        TaskSet tasks = Read(rows);
        Assert.Equal((1, 60, false), (_passes, tasks.Features.RowCount, tasks.Features.IsSparse));
        var read = new float[FeatureCount];
        tasks.Features.CopyRow(0, read);
        Assert.Equal(rows[90].Features, read);
    }

    [Fact]
    public void Read_EncoderThatNeedsDense_IsDense()
    {
        TaskSet tasks = Read(Rows(10, 120), new ConvolutionalEncoderOptions());
        Assert.Equal((1, false), (_passes, tasks.Features.IsSparse));
    }

    private TaskSet Read(IReadOnlyList<WideRow> rows, EncoderOptions? encoder = null)
    {
        IEnumerable<WideRow> Counted()
        {
            _passes++;
            foreach (WideRow row in rows)
                yield return row;
        }

        IHost host = ((IHostEnvironment)s_ml).Register(nameof(TaskSetReaderTests));
        using IChannel channel = host.Start("Reading");
        var columns = new ColumnNames("Value", "Features", "Task", null);
        var reader = new TaskSetReader(host, channel, columns) { Encoder = encoder };
        return reader.Read(s_ml.Data.LoadFromEnumerable(Counted()), new LabelColumn("Value", LabelKind.Regression))[0];
    }

    private static List<WideRow> Rows(int nonZero, int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(row =>
        {
            var features = new float[FeatureCount];
            for (int i = 0; i < nonZero; i++)
                features[(7 * row + i) % FeatureCount] = random.NextSingle() + 1;
            return new WideRow { Task = $"task {row % 3}", Value = row, Features = features };
        })];
    }

    private sealed class WideRow
    {
        public string Task { get; set; } = "";

        public float Value { get; set; }

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];
    }
}
