using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

/// <summary>The model of one task: SelectTask.</summary>
public sealed class TaskSelectionTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Trainers => TrainerConformance.Cases;

    [Theory]
    [MemberData(nameof(Trainers))]
    public void SelectTask_Chain_ScoresAllRowsAsTheTask(TrainerCase trainer)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer model = trainer.Pipeline(_ml).Fit(data), one = _ml.MetaLearning().SelectTask(model, "task3");
        TaskRow[] rows = [.. Some.Tasks(1, 10, firstTask: 3)];
        float[] expected = TrainerConformance.Numbers(trainer, model.Transform(_ml.Data.LoadFromEnumerable(rows)));

        IDataView withoutTask = _ml.Transforms.DropColumns("Task").Fit(data).Transform(_ml.Data.LoadFromEnumerable(rows));
        Assert.Equal(expected, TrainerConformance.Numbers(trainer, one.Transform(withoutTask)));
        Assert.Equal(expected, ScoringProcess.Scores(_ml, one, withoutTask));
        Assert.Null(one.GetOutputSchema(withoutTask.Schema).GetColumnOrNull("IsKnownTask"));
        Assert.Equal(expected, TrainerConformance.Numbers(trainer, model.Transform(_ml.Data.LoadFromEnumerable(rows)))); // the model is not changed
    }

    [Fact]
    public void SelectTask_MappingsOfTheTask_AreLeftOutUnlessAnotherStepReadsThem()
    {
        TaskRow[] rows = [.. Some.Tasks()];
        IDataView data = _ml.Data.LoadFromEnumerable(rows), withoutTask = _ml.Transforms.DropColumns("Task").Fit(data).Transform(data);
        MetaLearnerOptions options = new TrainerCase("multiclass", "Key").Options();

        // One mapping of the label and the task, in place.
        ITransformer both = _ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Task"), new InputOutputColumnPair("Key", "Class")])
            .Append(_ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(data);
        ITransformer one = _ml.MetaLearning().SelectTask(both, "task2");
        Assert.Equal(new[] { 0, 12 }, new[] { one, both }.Select(model => model.GetOutputSchema(data.Schema)["Task"].Type is KeyDataViewType { Count: var count } ? (int)count : 0));
        IDataView scored = one.Transform(withoutTask);
        int first = Array.FindIndex(rows, row => row.Task == "task2");
        Assert.Equal(both.Transform(data).GetColumn<float[]>("Score").ElementAt(first), scored.GetColumn<float[]>("Score").ElementAt(first));
        Assert.Equal(3, ((KeyDataViewType)scored.Schema["Key"].Type).Count is var classes ? (int)classes : 0);

        // Another step reads the task too.
        ITransformer used = _ml.Transforms.Conversion.MapValueToKey("Task").Append(_ml.Transforms.Conversion.MapKeyToVector("Number", "Task"))
            .Append(_ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options())).Fit(data);
        ITransformer still = _ml.MetaLearning().SelectTask(used, "task2");
        Assert.IsType<ValueToKeyMappingTransformer>(((TransformerChain<ITransformer>)still).First());
        Assert.Equal(used.Transform(data).GetColumn<float>("Score").ElementAt(first), still.Transform(data).GetColumn<float>("Score").ElementAt(first));
    }

    [Fact]
    public void SelectTask_PooledScore_IsThatOfTheTask()
    {
        TaskRow[] rows = [.. Some.Tasks()];
        IDataView data = _ml.Data.LoadFromEnumerable(rows), withoutTask = _ml.Transforms.DropColumns("Task").Fit(data).Transform(data);
        ITransformer model = _ml.MetaLearning().PooledScore(_ml.Regression.Trainers.LightGbm("Value", "Features"), folds: 3)
            .Append(_ml.Transforms.Concatenate("All", "Features", "PooledScore"))
            .Append(_ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options() with { FeatureColumnName = "All" })).Fit(data);
        float[] all = [.. model.Transform(data).GetColumn<float>("Score")];
        foreach (string task in new[] { "task0", "task1", "task7" })
        {
            float[] one = [.. _ml.MetaLearning().SelectTask(model, task).Transform(withoutTask).GetColumn<float>("Score")];
            Assert.All(rows.Index().Where(row => row.Item.Task == task), row => Assert.Equal(all[row.Index], one[row.Index]));
        }
    }

    [Fact]
    public void SelectTask_TaskFeatures_AreNotRead()
    {
        TaskRow[] rows = [.. Some.Tasks()];
        IDataView data = _ml.Data.LoadFromEnumerable(rows.Select(row => new SizedRow { Task = row.Task, Features = row.Features, Value = row.Value, Size = row.Task.Length + row.Task[^1] }).ToArray());
        ITransformer model = _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Value", TaskFeatureColumnName = "Size", Adapter = new BayesianAdapterOptions { Fit = PriorFit.EmpiricalBayes }, Encoder = new IdentityEncoderOptions() }).Fit(data);
        ITransformer one = _ml.MetaLearning().SelectTask(model, "task4");
        IDataView features = _ml.Transforms.SelectColumns("Features").Fit(data).Transform(data);
        int first = Array.FindIndex(rows, row => row.Task == "task4");
        float expected = model.Transform(data).GetColumn<float>("Score").ElementAt(first);
        Assert.Equal(expected, one.Transform(features).GetColumn<float>("Score").ElementAt(first));

        using var stream = new MemoryStream(SavedModels.Save(_ml, one, features.Schema));
        ITransformer loaded = _ml.MetaLearning().LoadChecked(stream, out _);
        Assert.Equal(expected, loaded.Transform(features).GetColumn<float>("Score").ElementAt(first));
        Assert.Contains("SelectTask", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Adapt(loaded, data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SelectTask_Updates_ContinueFromTheRowsOfTheTask()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks()), more = _ml.Data.LoadFromEnumerable(Some.Tasks(1, 10, seed: 2, firstTask: 3));
        ITransformer model = _ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options() with { KeepStatistics = true }).Fit(data);
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(1, 10, seed: 3, firstTask: 3));
        float[] expected = [.. _ml.MetaLearning().Update(model, more).Transform(rows).GetColumn<float>("Score")];
        Assert.Equal(expected, _ml.MetaLearning().Update(_ml.MetaLearning().SelectTask(model, "task3"), more).Transform(rows).GetColumn<float>("Score"));
    }

    [Fact]
    public void SelectTask_BadArguments_SayWhatIsWrong()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(3, 10));
        ITransformer model = _ml.Regression.Trainers.MetaLearner(new TrainerCase("regression", "Value").Options(iterations: 0)).Fit(data);
        Assert.Contains("got 'task9'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SelectTask(model, "task9")).Message, StringComparison.Ordinal);
        Assert.Contains("Task column", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SelectTask(_ml.MetaLearning().SelectTask(model, "task1"), "task1")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SelectTask(_ml.Transforms.CopyColumns("A", "Task").Fit(data), "task1"));
        Assert.Throws<ArgumentNullException>(() => _ml.MetaLearning().SelectTask(model, null!));
    }

    private sealed class SizedRow
    {
        public string Task { get; set; } = "";

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Value { get; set; }

        public float Size { get; set; }
    }
}
