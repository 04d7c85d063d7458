using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Descriptions;

public sealed class DescribeTests
{
    private static readonly TrainerCase s_multiclass = new("multiclass", "Key");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Describe_Chain_TellsWhatWasLearnedAndWhy()
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.Message);
        MetaLearnerOptions options = s_multiclass.Options(new PrototypeAdapterOptions()) with { TaskWeighting = new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["task1"] = 3 } } };
        ITransformer model = s_multiclass.Pipeline(_ml, options).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        ModelDescription description = _ml.MetaLearning().Describe(model);

        Assert.Equal((6, 6), (description.FeatureCount, description.EmbeddingDimension));
        Assert.Equal([16], Assert.IsType<MlpEncoderOptions>(description.Encoder).HiddenUnits);
        OutputDescription output = Assert.Single(description.Outputs);
        Assert.IsType<PrototypeAdapterOptions>(output.Adapter);
        Assert.Equal(["high", "low", "middle"], output.Classes.Order());
        Assert.Equal(("Key", UnknownTaskHandling.MetaPrior), (output.LabelColumnName, output.UnknownTasks));
        Assert.Equal(12, output.Tasks.Count);
        TaskDescription task = Assert.Single(output.Tasks, task => task.Name == "task1");
        Assert.Equal((29, 3), (task.RowCount, task.Weight!.Value / output.Tasks[0].Weight!.Value));
        Assert.Equal((12, 339L, 40), (output.Training!.TaskCount, output.Training.RowCount, output.Training.Iterations));
        Assert.True(output.Training.ValidationLoss > 0);
        Assert.All(output.Training.Reasons, reason => Assert.Contains(log, line => line.EndsWith(reason, StringComparison.Ordinal)));
        Assert.Contains(log, line => line.EndsWith("Rows of unknown tasks: MetaPrior, because labels have the same meaning in all tasks.", StringComparison.Ordinal));

        string text = description.ToString();
        foreach (string part in new[] { "Encoder: Mlp(", "6 features to 6 values", "Label 'Key': Multiclass of 3 classes", "Adapter: Prototype", "40 outer steps", "Classes: common to all tasks", "Tasks: 12; rows of unknown tasks: MetaPrior", "task1: 29 rows, λ 2.57" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SavedAndLoaded_SaysTheSame()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer model = s_multiclass.Pipeline(_ml).Fit(data);
        ITransformer loaded = Loaded(model, data.Schema);
        Assert.Equal(_ml.MetaLearning().Describe(model).ToString(), _ml.MetaLearning().Describe(loaded).ToString());
        Assert.Contains("λ 1", _ml.MetaLearning().Describe(loaded).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_AdaptedModel_HasTheNewTaskWithoutWeightAndForgetsRemovedOnes()
    {
        var trainer = new TrainerCase("binary", "Answer");
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer adapted = _ml.MetaLearning().Adapt(trainer.Pipeline(_ml).Fit(data), _ml.Data.LoadFromEnumerable(Some.Tasks(1, 10, firstTask: 50)));
        ITransformer model = Loaded(_ml.MetaLearning().RemoveTask(adapted, "task3"), data.Schema);
        ModelDescription description = _ml.MetaLearning().Describe(model);
        IReadOnlyList<TaskDescription> tasks = description.Outputs[0].Tasks;
        Assert.Equal(new TaskDescription("task50", 10, null), Assert.Single(tasks, task => task.Name == "task50"));
        Assert.DoesNotContain("task3:", description.ToString(), StringComparison.Ordinal);
        Assert.Equal(12, tasks.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Task")]
    public void Describe_SeveralOutputs_HasEach(string? task)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(OutputRow.Rows(40, tasks: 3));
        var options = new MultiOutputOptions { Outputs = [new("Price"), new("Size"), new("Sold")], TaskColumnName = task, Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, MaximumNumberOfIterations = 3 };
        MultiOutputTransformer model = _ml.MetaLearning().MultiOutput(options).Fit(data);
        ModelDescription description = model.Describe();
        Assert.Equal(["Price", "Size", "Sold"], description.Outputs.Select(output => output.LabelColumnName));
        Assert.All(description.Outputs, output => Assert.Equal(task is null ? [""] : ["task0", "task1", "task2"], output.Tasks.Select(known => known.Name)));
        Assert.All(description.Outputs.SelectMany(output => output.Tasks), known => Assert.Equal((task is null ? 120 : 40, 1), (known.RowCount, known.Weight)));
        Assert.Equal(description.ToString(), _ml.MetaLearning().Describe(Loaded(model, data.Schema)).ToString());
        if (task is null)
            Assert.Equal(2, description.ToString().Split("Training:").Length - 1); // one for the regression outputs, and one for the binary outputs
    }

    [Fact]
    public void Describe_ManyTasks_ShowsTwentyAndCountsTheRest()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(23, 8));
        var trainer = new TrainerCase("regression", "Value");
        string text = trainer.Trainer(_ml, trainer.Options(iterations: 0)).Fit(data).Describe().ToString();
        Assert.EndsWith("    and 3 more\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SavedByAnEarlierVersion_SaysThatItIsUnknown()
    {
        string path = Path.Combine(GoldenModels.Folder, "Format1", "regression.zip");
        _ml.MetaLearning().LoadChecked(path, out _);
        ModelDescription description = _ml.MetaLearning().Describe(_ml.Model.Load(path, out _));
        Assert.Null(description.Outputs[0].Training);
        Assert.All(description.Outputs[0].Tasks, task => Assert.Equal((null, null), (task.RowCount, task.Weight)));
        Assert.Contains("Training: unknown", description.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_NoMetaLearner_Throws() =>
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Describe(_ml.Transforms.CopyColumns("x", "Value").Fit(_ml.Data.LoadFromEnumerable(Some.Tasks(1)))));

    private ITransformer Loaded(ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, schema));
        return _ml.Model.Load(stream, out _);
    }
}
