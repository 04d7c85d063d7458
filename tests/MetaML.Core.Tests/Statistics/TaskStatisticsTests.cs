using MetaML.Data;
using MetaML.Heads;
using MetaML.Statistics;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Statistics;

public sealed class TaskStatisticsTests
{
    private const int Dimension = 4;

    private static readonly StatisticsForm s_values = new(LabelKind.Regression, Dimension, IsSummable: true, HasProducts: true, BufferRows: 0);
    private static readonly StatisticsForm s_classes = new(LabelKind.Multiclass, Dimension, IsSummable: true, HasProducts: true, BufferRows: 0);
    private static readonly StatisticsForm s_buffer = new(LabelKind.Regression, Dimension, IsSummable: false, HasProducts: false, BufferRows: 10);

    [Fact]
    public void Add_ManyRows_GivesTheSumsOverRows()
    {
        StoredRow[] rows = Rows(12);
        TaskMoments moments = ((MomentStatistics)Of(s_values, rows)).Moments;
        for (int i = 0; i <= Dimension; i++)
        {
            for (int j = 0; j <= i; j++)
                Assert.Equal(rows.Sum(row => row.Weight * Z(row, i) * Z(row, j)), moments.Products[i * (i + 1) / 2 + j], 1e-12);
            Assert.Equal(rows.Sum(row => row.Weight * Z(row, i) * row.Label), moments.Sums[0][i], 1e-12);
        }

        Assert.Equal(rows.Sum(row => (double)row.Weight * row.Label * row.Label), moments.SquaredLabels, 1e-12);
        Assert.Equal(rows.Sum(row => (double)row.Weight), moments.Weight, 1e-12);
        Assert.Equal(12, Of(s_values, rows).RowCount);
    }

    [Fact]
    public void Of_EmbeddedRows_EqualsAdd()
    {
        StoredRow[] rows = Rows(100);
        var embedded = new EmbeddedTask(rows.SelectMany(row => row.Values).ToArray(), Dimension, [.. rows.Select(row => row.Label)], [.. rows.Select(row => row.Weight)], 1);
        Assert.Equal(Written(Of(s_values, rows)), Written(TaskStatistics.Of(s_values, embedded)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    public void Forget_RowThatWasNeverAdded_Throws(int count)
    {
        TaskStatistics statistics = Of(s_values, Rows(count));
        StoredRow stranger = new([90, 0, 0, 0], null, 1, 1);
        byte[] before = Written(statistics);
        string message = Assert.Throws<InvalidOperationException>(() => statistics.Forget([stranger], "north")).Message;
        Assert.Contains("'north'", message, StringComparison.Ordinal);
        Assert.Equal(before, Written(statistics));
    }

    [Fact]
    public void Forget_LabelThatWasNeverAdded_Throws()
    {
        StoredRow[] rows = Rows(12);
        Assert.Throws<InvalidOperationException>(() => Of(s_values, rows).Forget([rows[3] with { Label = 50 }], "north"));
        Assert.Throws<InvalidOperationException>(() => Of(s_values, rows).Forget([rows[3] with { Weight = 50 }], "north"));
        Assert.Throws<InvalidOperationException>(() => Of(s_values, rows).Forget([.. rows, rows[0]], "north"));
        Assert.Throws<InvalidOperationException>(() => Of(s_values, rows).Forget([.. rows[..11], rows[0]], "north")); // all of them, but one twice
    }

    [Fact]
    public void Forget_AllRowsOfAClass_LeavesItsSumZero()
    {
        StoredRow[] rows = [.. Rows(30).Select((row, i) => row with { Label = i % 3 })];
        var left = (MomentStatistics)Of(s_classes, rows).Forget([.. rows.Where(row => row.Label == 1)], "north");
        Assert.Equal([10, 0, 10], left.Moments.Rows);
        Assert.All(left.Moments.Sums[1], value => Assert.Equal(0, value));
        Assert.Throws<InvalidOperationException>(() => left.Forget([rows[1]], "north"));
    }

    [Fact]
    public void Forget_OnlyRowsWithAFeature_LeavesItsVarianceZero()
    {
        StoredRow[] rows = [.. Rows(30).Select((row, i) => row with { Values = [row.Values[0], row.Values[1], row.Values[2], i < 5 ? 1e4f * row.Values[3] : 0] })];
        var left = (MomentStatistics)Of(s_values, rows).Forget(rows[..5], "north");
        Assert.All(Enumerable.Range(0, Dimension), j => Assert.Equal(0, left.Moments.Products[3 * 4 / 2 + Math.Min(j, 3)]));
        Assert.Equal(Written(left), Written(Reread(left, s_values)));
    }

    [Fact]
    public void Add_ForgettingFactor_MultipliesTheWeightsOfEarlierRows()
    {
        StoredRow[] rows = Rows(12);
        StoredRow[] decayed = [.. rows.Select((row, i) => row with { Weight = row.Weight * MathF.Pow(0.5f, 11 - i) })];
        TaskMoments expected = ((MomentStatistics)Of(s_values, decayed)).Moments;
        TaskStatistics oneByOne = rows.Aggregate(TaskStatistics.Empty(s_values), (statistics, row) => statistics.Add([row], 1, 0.5));
        foreach (TaskStatistics statistics in new[] { oneByOne, TaskStatistics.Empty(s_values).Add(rows, 1, 0.5), Reread(oneByOne, s_values) })
        {
            TaskMoments actual = ((MomentStatistics)statistics).Moments;
            Assert.All(expected.Products.Zip(actual.Products), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.Contains("forgetting factor", Assert.Throws<InvalidOperationException>(() => statistics.Forget([rows[0]], "north")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Forget_DecayedRowThatIsKept_TakesItsPresentWeightAway()
    {
        StoredRow[] rows = Rows(4);
        var left = (RowStatistics)TaskStatistics.Empty(s_values).Add(rows, 1, 0.5).Forget([rows[1]], "north");
        Assert.Equal([rows[0].Weight / 8, rows[2].Weight / 2, rows[3].Weight], left.Weights);
    }

    [Fact]
    public void Add_MoreRowsThanTheBuffer_KeepsAUniformSample()
    {
        const int Tasks = 4000, All = 25;
        StoredRow[] rows = [.. Enumerable.Range(0, All).Select(i => new StoredRow([i, 0, 0, 0], null, i, 1))];
        var taken = new int[All];
        for (int t = 0; t < Tasks; t++)
        {
            // The draws depend on the number of rows so far: earlier rows that are forgotten give each task its own.
            TaskStatistics before = TaskStatistics.Empty(s_buffer);
            StoredRow[] others = [.. Enumerable.Range(0, t % 8).Select(i => new StoredRow([-1 - i, 0, 0, 0], null, 0, 1))];
            StoredRow[] order = [.. rows.Skip(t % All), .. rows.Take(t % All)];
            var kept = (RowStatistics)before.Add(others, 1).Forget(others, "north").Add(order, 1);
            Assert.Equal((10, All), (kept.Rows.Count, kept.RowCount));
            foreach (StoredRow row in kept.Rows)
                taken[(int)row.Label]++;
        }

        Assert.All(taken, count => Assert.InRange((double)count / Tasks, 0.3, 0.5)); // 10 of 25
    }

    [Fact]
    public void Forget_RowsOfASample_AreReplacedByLaterRows()
    {
        StoredRow[] rows = [.. Enumerable.Range(0, 60).Select(i => new StoredRow([i, 0, 0, 0], null, i, 1))];
        TaskStatistics statistics = TaskStatistics.Empty(s_buffer).Add(rows[..30], 1);
        var left = (RowStatistics)statistics.Forget(rows[..20], "north");
        Assert.Equal(10, left.RowCount);
        Assert.DoesNotContain(left.Rows, row => row.Label < 20);
        var later = (RowStatistics)Reread(left, s_buffer).Add(rows[30..], 1);
        Assert.Equal(40, later.RowCount);
        Assert.InRange(later.Rows.Count, left.Rows.Count + 1, 10);
        Assert.Throws<InvalidOperationException>(() => TaskStatistics.Empty(s_buffer).Add(rows[..5], 1).Forget([rows[7]], "north")); // nothing is outside the sample
    }

    [Fact]
    public void Of_SparseRow_IsTheSameAsTheDenseOne()
    {
        float[] values = [0, 0, 3, 0];
        StoredRow dense = StoredRow.Of(new FeatureRow(values), 1, 1), sparse = StoredRow.Of(new FeatureRow(4, [2], [3]), 1, 1);
        Assert.True(dense.IsSameAs(sparse));
        var restored = new float[4];
        dense.Features(4).CopyTo(restored);
        Assert.Equal(values, restored);
        Assert.False(dense.IsSameAs(StoredRow.Of(new FeatureRow(4, [3], [3]), 1, 1)));
        Assert.True(dense.IsSameAs(StoredRow.Of(new FeatureRow(4, [2], [3.000003f]), 1, 1))); // another processor's rounding
    }

    private static double Z(StoredRow row, int i) => i < Dimension ? row.Values[i] : 1;

    private static TaskStatistics Of(StatisticsForm form, StoredRow[] rows) => TaskStatistics.Empty(form).Add(rows, form.TargetsOf(3));

    private static StoredRow[] Rows(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => new StoredRow([.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)], null, random.NextSingle(), 0.5f + random.NextSingle()))];
    }

    private static byte[] Written(TaskStatistics statistics) => Bytes.Of(statistics.Write);

    private static TaskStatistics Reread(TaskStatistics statistics, StatisticsForm form)
    {
        using var reader = new BinaryReader(new MemoryStream(Written(statistics)));
        return TaskStatistics.Read(reader, form, 3);
    }
}
