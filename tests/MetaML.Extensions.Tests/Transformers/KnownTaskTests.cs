using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

public sealed class KnownTaskTests
{
    private static readonly TrainerCase s_regression = new("regression", "Value");

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void PredictionEngine_UnknownTask_SaysSo()
    {
        ITransformer model = s_regression.Pipeline(_ml).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Equal([true, false, false], Known(model, "task3", "task99", ""));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(Some.Tasks(1, firstTask: 99)));
        Assert.Equal([true, true, false], Known(adapted, "task3", "task99", ""));
        Assert.Equal([false, true], Known(_ml.MetaLearning().RemoveTask(adapted, "task3"), "task3", "task99"));
    }

    [Fact]
    public void PredictionEngine_KeyThatTheMappingDoesNotKnow_SaysSo()
    {
        ITransformer model = _ml.Transforms.Conversion.MapValueToKey("Task").Append(s_regression.Pipeline(_ml)).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Equal([true, false], Known(model, "task3", "task99"));
    }

    [Fact]
    public void IsKnownTask_WhereUnknownTasksAreErrors_IsReadWithoutOne()
    {
        var options = s_regression.Options() with { UnknownTasks = UnknownTaskHandling.Throw };
        ITransformer model = s_regression.Trainer(_ml, options).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(Some.Tasks(2, firstTask: 11)));
        Assert.Equal(29 + 28, scored.GetColumn<bool>("IsKnownTask").Count()); // the number of rows
        Assert.Equal(29, scored.GetColumn<bool>("IsKnownTask").Count(known => known));
        Assert.Throws<InvalidOperationException>(() => scored.GetColumn<float>("Score").Count());
    }

    [Fact]
    public void PredictionEngine_SeveralOutputs_SaysSoOfEach()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(OutputRow.Rows(30, tasks: 3));
        var options = new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], TaskColumnName = "Task", MaximumNumberOfIterations = 0 };
        MultiOutputTransformer model = _ml.MetaLearning().MultiOutput(options).Fit(data);
        IDataView priced = _ml.Transforms.SelectColumns("Features", "Task", "Price").Fit(data).Transform(_ml.Data.LoadFromEnumerable(OutputRow.Rows(10, tasks: 1, firstTask: 9)));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, priced);
        using PredictionEngine<OutputRow, Outputs> engine = _ml.Model.CreatePredictionEngine<OutputRow, Outputs>(adapted);
        OutputRow row = OutputRow.Rows(1)[0];
        row.Task = "task9";
        Outputs outputs = engine.Predict(row);
        Assert.Equal((true, false), (outputs.Price, outputs.Sold));
        Assert.True(((MultiOutputTransformer)adapted).KnowsTask("task9"));
        Assert.False(model.KnowsTask("task9"));
    }

    [Fact]
    public void IsKnownTask_WithoutTaskColumn_IsNotThere()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(OutputRow.Rows(30));
        MultiOutputTransformer model = _ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], MaximumNumberOfIterations = 0 }).Fit(data);
        Assert.DoesNotContain(model.GetOutputSchema(data.Schema), column => column.Name.EndsWith("IsKnownTask", StringComparison.Ordinal));
        Assert.False(model.KnowsTask(""));
    }

    [Fact]
    public void KnowsTask_ChainFittedOrLoaded_IsAnswered()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        ITransformer model = s_regression.Pipeline(_ml).Fit(data);
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, data.Schema));
        foreach (ITransformer known in new[] { model, _ml.Model.Load(stream, out _) })
        {
            Assert.True(_ml.MetaLearning().KnowsTask(known, "task2"));
            Assert.False(_ml.MetaLearning().KnowsTask(known, "task3"));
            Assert.Equal(["task0", "task1", "task2"], _ml.MetaLearning().Describe(known).Outputs[0].Tasks.Select(task => task.Name).Order());
        }
    }

    private bool[] Known(ITransformer model, params string[] tasks)
    {
        using PredictionEngine<TaskRow, Prediction> engine = _ml.Model.CreatePredictionEngine<TaskRow, Prediction>(model);
        TaskRow row = Some.Tasks(1, 1)[0];
        return [.. tasks.Select(task =>
        {
            row.Task = task;
            Prediction prediction = engine.Predict(row);
            Assert.True(float.IsFinite(prediction.Score)); // the score of the task's head or of the prior
            return prediction.IsKnownTask;
        })];
    }

    private sealed class Prediction
    {
        public float Score { get; set; }

        public bool IsKnownTask { get; set; }
    }

    private sealed class Outputs
    {
        [ColumnName("Price.IsKnownTask")]
        public bool Price { get; set; }

        [ColumnName("Sold.IsKnownTask")]
        public bool Sold { get; set; }
    }
}
