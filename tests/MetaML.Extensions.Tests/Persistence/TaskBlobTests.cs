using MetaML.Files;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Persistence;

public sealed class TaskBlobTests
{
    private static readonly TrainerCase s_regression = new("regression", "Value", new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes }), s_multiclass = new("multiclass", "Key");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ExportImport_ATask_ScoresAndUpdatesToTheSameBits(bool keepsStatistics)
    {
        List<TaskRow> training = Some.Tasks(8), rows = Some.Tasks(1, 30, firstTask: 20), more = Some.Tasks(1, 5, seed: 2, firstTask: 20);
        ITransformer model = Fitted(s_regression, training, keepsStatistics), adapted = _ml.MetaLearning().Adapt(model, View(rows));
        byte[] blob = _ml.MetaLearning().ExportTask(adapted, "task20");
        ITransformer imported = _ml.MetaLearning().ImportTask(Loaded(model, training), blob); // into a loaded model
        Assert.Equal(Scores(adapted, rows), Scores(imported, rows));
        Assert.Equal(blob, _ml.MetaLearning().ExportTask(imported, "task20"));
        Assert.False(_ml.MetaLearning().KnowsTask(model, "task20"));
        if (keepsStatistics)
            Assert.Equal(Scores(_ml.MetaLearning().Update(adapted, View(more)), rows), Scores(_ml.MetaLearning().Update(imported, View(more)), rows));
        else
            Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Update(imported, View(more)));
    }

    [Fact]
    public void Export_SixteenFeaturesWithStatistics_HasLessThanFourKibibytes()
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, 200).Select(i => new Wide { Task = $"task{i / 40}", Features = [.. Enumerable.Range(0, 16).Select(_ => random.NextSingle())], Label = random.NextSingle() }).ToList();
        ITransformer model = _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true }).Fit(_ml.Data.LoadFromEnumerable(rows));
        Assert.InRange(_ml.MetaLearning().ExportTask(model, "task3").Length, 1000, 4096);
    }

    [Fact]
    public void Import_TaskOfAnotherModel_Throws()
    {
        List<TaskRow> training = Some.Tasks(8);
        byte[] blob = _ml.MetaLearning().ExportTask(Fitted(s_regression, training, true), "task1");
        ITransformer other = Fitted(s_regression, Some.Tasks(8, seed: 2), true);
        Assert.Contains("another model", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().ImportTask(other, blob)).Message, StringComparison.Ordinal);
        Assert.Contains("'task99'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().ExportTask(other, "task99")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExportImport_ClassesOfItsOwn_KeepTheirNames()
    {
        List<TaskRow> training = Some.TasksWithOwnClasses(8), rows = Some.TasksWithOwnClasses(1, firstTask: 20);
        ITransformer model = Fitted(s_multiclass, training, true), adapted = _ml.MetaLearning().Adapt(model, View(rows));
        byte[] blob = _ml.MetaLearning().ExportTask(adapted, "task20"), known = _ml.MetaLearning().ExportTask(adapted, "task3");
        ITransformer imported = _ml.MetaLearning().ImportTask(_ml.MetaLearning().RemoveTask(adapted, "task20"), blob);
        Assert.Equal(Scores(adapted, rows), Scores(imported, rows));
        Assert.Contains("task20/", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().ImportTask(model, blob)).Message, StringComparison.Ordinal);
        List<TaskRow> third = [.. training.Where(row => row.Task == "task3")];
        Assert.Equal(Scores(model, third), Scores(_ml.MetaLearning().ImportTask(_ml.MetaLearning().RemoveTask(model, "task3"), known), third));
    }

    [Fact]
    public void ExportImport_SeveralOutputs_AreOneTask()
    {
        List<OutputRow> training = OutputRow.Rows(30, tasks: 6);
        ITransformer model = _ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], TaskColumnName = "Task", MaximumNumberOfIterations = 10, KeepStatistics = true }).Fit(_ml.Data.LoadFromEnumerable(training));
        byte[] blob = _ml.MetaLearning().ExportTask(model, "task2");
        ITransformer imported = _ml.MetaLearning().ImportTask(_ml.MetaLearning().RemoveTask(model, "task2"), blob);
        IDataView rows = _ml.Data.LoadFromEnumerable(training);
        Assert.Equal(model.Transform(rows).GetColumn<float>("Price.Score"), imported.Transform(rows).GetColumn<float>("Price.Score"));
        Assert.Equal(model.Transform(rows).GetColumn<float>("Sold.Score"), imported.Transform(rows).GetColumn<float>("Sold.Score"));
    }

    [Fact]
    public void Import_HostileBytes_ThrowsDocumentedExceptionsWithinBoundedMemory()
    {
        ITransformer model = Fitted(s_regression, Some.Tasks(8), true), classes = Fitted(s_multiclass, Some.TasksWithOwnClasses(8), true);
        foreach (ITransformer target in new[] { model, classes })
        {
            byte[] blob = _ml.MetaLearning().ExportTask(target, "task1");
            Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().ImportTask(target, []));
            for (int length = 0; length < blob.Length; length += 5)
                Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().ImportTask(target, blob[..length]));
            var random = new Random(1);
            for (int i = 0; i < 2000; i++)
            {
                byte[] hostile = [.. blob];
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                    hostile[random.Next(44, blob.Length - 4)] = i % 2 == 0 ? (byte)random.Next(256) : (byte)0xff;
                Sign(hostile); // as a careful attacker does
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    _ml.MetaLearning().ImportTask(target, hostile);
                }
                catch (Exception error) when (error is InvalidDataException or ArgumentException)
                {
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
            }

            byte[] damaged = [.. blob];
            damaged[60] ^= 1;
            Assert.Contains("checksum", Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().ImportTask(target, damaged)).Message, StringComparison.Ordinal);
            byte[] longer = [.. blob, 0, 0, 0, 0];
            Sign(longer);
            Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().ImportTask(target, longer));
            byte[] newer = [.. blob];
            newer[8] = 2;
            Assert.Contains("newer version", Assert.Throws<InvalidDataException>(() => _ml.MetaLearning().ImportTask(target, newer)).Message, StringComparison.Ordinal);
        }
    }

    private static void Sign(byte[] blob) => BitConverter.GetBytes(Crc32.Append(0, blob.AsSpan(0, blob.Length - 4))).CopyTo(blob, blob.Length - 4);

    private ITransformer Fitted(TrainerCase trainer, IEnumerable<TaskRow> training, bool keepsStatistics) =>
        trainer.Pipeline(_ml, trainer.Options(iterations: 10) with { KeepStatistics = keepsStatistics }).Fit(View(training));

    private ITransformer Loaded(ITransformer model, IEnumerable<TaskRow> rows)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(model, View(rows).Schema, file);
        return _ml.Model.Load(file, out _);
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private float[] Scores(ITransformer model, IEnumerable<TaskRow> rows)
    {
        IDataView scored = model.Transform(View(rows));
        return scored.Schema["Score"].Type is VectorDataViewType ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row)] : [.. scored.GetColumn<float>("Score")];
    }

    private sealed class Wide
    {
        public string Task { get; set; } = "";

        [VectorType(16)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
