using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

/// <summary>Adapt adds values to the keys of a chain. The other steps that read such a key were fitted to fewer values.</summary>
public sealed class GrownKeyTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer"), s_multiclass = new("multiclass", "Key");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Adapt_OneHotOfTheTask_KeepsItsWidth()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task")
            .Append(_ml.Transforms.Conversion.MapKeyToVector("Hot", "Task"))
            .Append(_ml.Transforms.Concatenate("Features", "Features", "Hot"))
            .Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5)));
        Check(pipeline, "Hot", 12);
    }

    [Fact]
    public void Adapt_MappingUnderAnotherName_KeepsTheWidth()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Shop", "Task")
            .Append(_ml.Transforms.Conversion.MapKeyToVector([new InputOutputColumnPair("Hot", "Shop"), new("Bits", "Shop")]))
            .Append(_ml.Transforms.Concatenate("Features", "Features", "Hot", "Bits"))
            .Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5) with { TaskColumnName = "Shop" }));
        Check(pipeline, "Hot", 12);
    }

    [Fact]
    public void Adapt_BinaryVectorOfACopiedKey_KeepsItsWidth()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task")
            .Append(_ml.Transforms.CopyColumns("Copy", "Task"))
            .Append(_ml.Transforms.Conversion.MapKeyToBinaryVector("Bits", "Copy"))
            .Append(_ml.Transforms.Concatenate("Features", "Features", "Bits"))
            .Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5)));
        Check(pipeline, "Bits", null, 8); // twelve values need four bits and a sign, seventeen values need five bits and a sign
    }

    [Fact]
    public void Adapt_SeveralStepsThatReadTheKey_KeepTheirWidths()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task")
            .Append(_ml.Transforms.Conversion.MapKeyToVector("First", "Task"))
            .Append(_ml.Transforms.NormalizeMinMax("Features"))
            .Append(_ml.Transforms.Conversion.MapKeyToVector("Hot", "Task"))
            .Append(_ml.Transforms.Concatenate("Features", "Features", "First", "Hot"))
            .Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5)));
        Check(pipeline, "Hot", 12);
    }

    [Fact]
    public void Adapt_StepInANestedChain_KeepsItsWidth()
    {
        var inner = _ml.Transforms.Conversion.MapKeyToVector("Hot", "Task").Append(_ml.Transforms.Concatenate("Features", "Features", "Hot"));
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task").Append(inner).Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5)));
        Check(pipeline, "Hot", 12);
    }

    [Fact]
    public void Adapt_StepBehindTheLearner_KeepsItsWidth()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Task")
            .Append(s_binary.Trainer(_ml, s_binary.Options(iterations: 5)))
            .Append(_ml.Transforms.Conversion.MapKeyToVector("Hot", "Task"))
            .Append(_ml.Transforms.Concatenate("Stack", "Hot", "Features"))
            .Append(_ml.Regression.Trainers.Sdca("Value", "Stack"));
        Check(pipeline, "Hot", 12);
    }

    [Fact]
    public void Adapt_LabelAndPrediction_AreReadAsBefore()
    {
        // Another trainer reads the one-hot vector of the prediction. The name of a prediction can still be a class of a new task.
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Key", "Class")
            .Append(s_multiclass.Trainer(_ml, s_multiclass.Options(iterations: 5)))
            .Append(_ml.Transforms.Conversion.MapKeyToVector("Hot", "PredictedLabel"))
            .Append(_ml.Transforms.Concatenate("Stack", "Hot", "Features"))
            .Append(_ml.Transforms.CopyColumns("Prediction", "PredictedLabel"))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Predicted", "Prediction"))
            .Append(_ml.Regression.Trainers.Sdca("Value", "Stack"));
        IDataView training = View(Some.TasksWithOwnClasses()), support = View(Some.TasksWithOwnClasses(1, firstTask: 30));
        ITransformer adapted = _ml.MetaLearning().Adapt(pipeline.Fit(training), support);
        IDataView scored = adapted.Transform(support);
        Assert.Equal(36, Width(scored.Schema["Hot"]));
        Assert.All(scored.GetColumn<string>("Predicted"), name => Assert.StartsWith("task30/", name));
        Assert.All(scored.GetColumn<float>("Score"), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void Adapt_AnotherTrainerReadsGrownScores_NamesColumnStepAndCure()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Key", "Class")
            .Append(s_multiclass.Trainer(_ml, s_multiclass.Options(iterations: 5)))
            .Append(_ml.Transforms.Concatenate("Stack", "Score", "Features"))
            .Append(_ml.Regression.Trainers.Sdca("Value", "Stack"));
        ITransformer model = pipeline.Fit(View(Some.TasksWithOwnClasses()));
        string message = Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().Adapt(model, View(Some.TasksWithOwnClasses(1, firstTask: 30)))).Message;
        Assert.Contains("'Key'", message);
        Assert.Contains("'Stack'", message);
        Assert.Contains("RegressionPredictionTransformer", message);
        Assert.Contains("fit", message);
    }

    // Adapts twice, and saves and loads in between. The width of the step and the scores of the known tasks must not change, and new tasks must be known.
    private void Check<T>(IEstimator<T> pipeline, string column, int? width, int firstNew = 2)
        where T : class, ITransformer
    {
        IDataView training = View(Some.Tasks());
        ITransformer model = pipeline.Fit(training);
        int expected = width ?? Width(model.Transform(training).Schema[column]);
        float[] before = Scores(model, training);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Some.Tasks(firstNew, firstTask: 40)));
        using var file = new MemoryStream(SavedModels.Save(_ml, adapted, training.Schema));
        ITransformer loaded = _ml.Model.Load(file, out _);
        ITransformer again = _ml.MetaLearning().Adapt(loaded, View(Some.Tasks(1, firstTask: 70)));
        foreach (ITransformer grown in new[] { adapted, loaded, again })
        {
            Assert.Equal(expected, Width(grown.Transform(training).Schema[column]));
            Assert.Equal(before, Scores(grown, training));
            Assert.All(Scores(grown, View(Some.Tasks(1, firstTask: 40))), score => Assert.True(float.IsFinite(score)));
            Assert.True(_ml.MetaLearning().KnowsTask(grown, "task40"));
            Assert.All(grown.Transform(View(Some.Tasks(1, firstTask: 40))).GetColumn<bool>("IsKnownTask"), Assert.True);
        }

        Assert.Equal(Scores(adapted, View(Some.Tasks(1, firstTask: 40))), Scores(again, View(Some.Tasks(1, firstTask: 40))));
        Assert.All(again.Transform(View(Some.Tasks(1, firstTask: 70))).GetColumn<bool>("IsKnownTask"), Assert.True);
        var engine = _ml.Model.CreatePredictionEngine<TaskRow, Known>(again);
        Assert.True(engine.Predict(Some.Tasks(1, firstTask: 70)[0]).IsKnownTask);
    }

    private static int Width(DataViewSchema.Column column) => ((VectorDataViewType)column.Type).Size;

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Score")];

    private sealed class Known
    {
        public bool IsKnownTask { get; set; }
    }
}
