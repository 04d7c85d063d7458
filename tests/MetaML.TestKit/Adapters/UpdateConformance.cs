using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Statistics;
using Xunit;

namespace MetaML.TestKit;

/// <summary>The tests of rows that are added and taken away, for every adapter.</summary>
public abstract class UpdateConformance
{
    private const double Tolerance = 1e-5;

    public static TheoryData<AdapterCase> Cases => AdapterConformance.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_RowsInParts_EqualsAdaptationToAll(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        IReadOnlyList<AdaptedTask> updated = model.Adapt(Rows(set, ..3));
        foreach (Range part in new[] { 3..4, 4..7, 7..16 })
            updated = model.Update(Rows(set, part), [.. updated]);
        AssertSame(model, set, model.Adapt(set), updated);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void UpdateAndForget_Recursive_EqualAdaptationToTheRows(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        IReadOnlyList<AdaptedTask?> tasks = [.. model.Adapt(Rows(set, ..3))];
        var posteriors = new TaskPosteriors();
        for (int row = 3; row < 16; row++)
            tasks = model.Update(Rows(set, row..(row + 1)), tasks, posteriors: posteriors);
        AssertSame(model, set, model.Adapt(set), tasks);
        for (int row = 15; row > 5; row--)
            tasks = model.Forget(Rows(set, row..(row + 1)), tasks, posteriors: posteriors);
        AssertSame(model, set, model.Adapt(Rows(set, ..6)), tasks);
        tasks = model.Forget(Rows(set, 4..6), model.Update(Rows(set, 6..7), tasks), posteriors: posteriors); // a change of another kind in between
        AssertSame(model, set, model.Adapt(Rows(set, [.. Enumerable.Range(0, 4), 6])), tasks);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_RecursiveAfterRowsCountLess_EqualsAnUpdateOfTheSums(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        IReadOnlyList<AdaptedTask?> known = [.. model.Update(Rows(set, 3..8), [.. model.Adapt(Rows(set, ..3))], new UpdateOptions { ForgettingFactor = 0.8 })];
        IReadOnlyList<AdaptedTask> Changed(TaskPosteriors? posteriors) => model.Update(Rows(set, 9..10), model.Update(Rows(set, 8..9), known, posteriors: posteriors), posteriors: posteriors);
        AssertSame(model, set, Changed(null), Changed(new TaskPosteriors()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_UnknownTask_EqualsAdaptation(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        AssertSame(model, set, model.Adapt(set), model.Update(set, new AdaptedTask?[set.Tasks.Count]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forget_SomeRows_EqualsAdaptationToTheRest(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        foreach (int kept in new[] { 3, 9 })
            AssertSame(model, set, model.Adapt(Rows(set, ..kept)), model.Forget(Rows(set, kept..16), [.. model.Adapt(set)]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forget_AllRows_GivesThePriorOrNoTask(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        foreach (int count in new[] { 4, 16 })
        {
            IReadOnlyList<AdaptedTask?> forgotten = model.Forget(Rows(set, ..count), [.. model.Adapt(Rows(set, ..count))]);
            if (model.HasCommonOutputs)
                AssertSame(model, set, [.. set.Tasks.Select(_ => model.Prior!)], forgotten);
            else
                Assert.All(forgotten, Assert.Null);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_WithATestForDrift_GivesTheSameHeads(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        IReadOnlyList<AdaptedTask> known = model.Adapt(Rows(set, ..3));
        var options = new UpdateOptions { Drift = DriftResponse.Report };
        if (known[0].EncoderParameters is not null || adapter.Options.PredictsCounts(adapter.Kind))
        {
            Assert.Contains("Drift", Assert.Throws<ArgumentException>(() => model.Update(set, [.. known], options)).Message, StringComparison.Ordinal);
            return;
        }

        IReadOnlyList<AdaptedTask> updated = model.Update(Rows(set, 3..16), [.. known], options);
        AssertSame(model, set, model.Adapt(set), updated);
        AssertSame(model, set, updated, model.Update(Rows(set, 3..16), [.. known], options, new TaskPosteriors()));
        Assert.All(updated, task => Assert.NotNull(task.Drift));
        Assert.Equal(updated.Select(task => Bytes.Of(task.Drift!.Write)), updated.Select(task => Bytes.Of(Read(model, Bytes.Of(writer => task.Write(writer, model)), set.ClassCount).Drift!.Write)));
        foreach (DriftResponse response in new[] { DriftResponse.ForgetFaster, DriftResponse.RestartFromPrior })
            Assert.Equal(3, model.Update(Rows(set, 3..16), [.. known], options with { Drift = response, FalseAlarmsPerThousandRows = 1 }).Count);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Update_AfterWriteAndRead_EqualsUpdateBefore(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        foreach (int count in new[] { 4, 12 })
        {
            IReadOnlyList<AdaptedTask> before = model.Adapt(Rows(set, ..count));
            AdaptedTask[] read = [.. before.Select(task => Read(model, Bytes.Of(writer => task.Write(writer, model)), set.ClassCount))];
            AssertSame(model, set, model.Update(Rows(set, 12..16), [.. before]), model.Update(Rows(set, 12..16), read), tolerance: 0);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_DamagedStatistics_ReadsOrThrowsDocumentedExceptions(AdapterCase adapter)
    {
        TaskSet set = Weighted(adapter);
        MetaModel model = Model(adapter, set);
        var random = new Random(1);
        foreach (int count in new[] { 4, 16 })
        {
            AdaptedTask task = model.Adapt(Rows(set, ..count))[0];
            byte[] bytes = Bytes.Of(writer => task.Write(writer, model));
            for (int length = 0; length < bytes.Length; length += 7)
                Assert.Throws<EndOfStreamException>(() => Read(model, bytes[..length], set.ClassCount));
            for (int i = 0; i < 300; i++)
            {
                byte[] damaged = [.. bytes];
                damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                try
                {
                    model.Update(Rows(set.With([set.Tasks[0]]), 14..16), [Read(model, damaged, set.ClassCount)]);
                }
                catch (Exception error) when (error is InvalidDataException or EndOfStreamException or InvalidOperationException)
                {
                }
            }
        }
    }

    private static AdaptedTask Read(MetaModel model, byte[] bytes, int classCount)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        return AdaptedTask.Read(reader, model, classCount);
    }

    private static TaskSet Weighted(AdapterCase adapter)
    {
        TaskSet set = adapter.Tasks(tasks: 3, rows: 20);
        var random = new Random(3);
        return set.With([.. set.Tasks.Select(task => new LearningTask(task.Name, task.Rows[..16], task.Labels[..16], [.. Enumerable.Range(0, 16).Select(_ => 0.5f + random.NextSingle())], task.Classes))]);
    }

    private static TaskSet Rows(TaskSet set, Range rows) => Rows(set, Enumerable.Range(0, set.Tasks[0].RowCount).ToArray()[rows]);

    private static TaskSet Rows(TaskSet set, int[] rows) => set.With([.. set.Tasks.Select(task => task.Take(rows))]);

    private static MetaModel Model(AdapterCase adapter, TaskSet set)
    {
        MetaModelDesign design = adapter.Design;
        var (encoder, values) = AdapterCase.Values(design);
        return new MetaModel(design, FeatureScaling.Fit(set.Features), LabelScaling.Fit(set), encoder, values).Keeping(new StatisticsOptions(100));
    }

    private static void AssertSame(MetaModel model, TaskSet set, IReadOnlyList<AdaptedTask> expected, IReadOnlyList<AdaptedTask?> actual, double tolerance = Tolerance)
    {
        MetaScorer scorer = model.CreateScorer();
        for (int t = 0; t < expected.Count; t++)
        {
            Assert.Equal(expected[t].Classes, actual[t]!.Classes);
            Assert.Equal(expected[t].RowCount, actual[t]!.RowCount);
            for (int row = 0; row < set.Features.RowCount; row++)
            {
                float[] e = [.. scorer.Score(expected[t], set.Features[row], out float deviation)], a = [.. scorer.Score(actual[t]!, set.Features[row], out float other)];
                double scale = tolerance * Math.Max(1, e.Max(Math.Abs));
                for (int k = 0; k < e.Length; k++)
                    Assert.InRange(a[k], e[k] - scale, e[k] + scale);
                if (!float.IsNaN(deviation))
                    Assert.InRange(other, deviation * (1 - tolerance), deviation * (1 + tolerance));
            }
        }
    }
}
