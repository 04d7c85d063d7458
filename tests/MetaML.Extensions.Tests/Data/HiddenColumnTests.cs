using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Data;

/// <summary>Columns that outputs of a trainer hide because they have the same name.</summary>
public sealed class HiddenColumnTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData("regression", "label", "Score")]
    [InlineData("regression", "label", "IsKnownTask")]
    [InlineData("regression", "label", "ScoreStandardDeviation")]
    [InlineData("regression", "task", "Score")]
    [InlineData("regression", "task", "IsKnownTask")]
    [InlineData("regression", "example weight", "Score")]
    [InlineData("binary", "label", "Score")]
    [InlineData("binary", "label", "Probability")]
    [InlineData("binary", "label", "PredictedLabel")]
    [InlineData("binary", "task", "PredictedLabel")]
    [InlineData("multiclass", "label", "PredictedLabel")]
    [InlineData("multiclass", "task", "PredictedLabel")]
    [InlineData("multiclass", "label", "Score")]
    public void Fit_OutputHidesTheColumn_IsRefused(string kind, string role, string name)
    {
        MetaLearnerOptions options = new() { LabelColumnName = kind switch { "binary" => "Answer", "multiclass" => "Key", _ => "Value" }, Encoder = new IdentityEncoderOptions() };
        string replaced = role switch { "label" => options.LabelColumnName, "task" => "Task", _ => "Weight" };
        IDataView data = Copied(name, replaced);
        if (role == "label")
            options.LabelColumnName = name;
        else if (role == "task")
            options.TaskColumnName = name;
        else
            options.ExampleWeightColumnName = name;
        IEstimator<ITransformer> trainer = kind switch
        {
            "binary" => _ml.BinaryClassification.Trainers.MetaLearner(options),
            "multiclass" => _ml.MulticlassClassification.Trainers.MetaLearner(options),
            _ => _ml.Regression.Trainers.MetaLearner(options),
        };
        foreach (Action check in new Action[] { () => trainer.Fit(data), () => trainer.GetOutputSchema(SchemaShapes.Of(data.Schema)) })
        {
            string message = Assert.Throws<ArgumentException>(check).Message;
            Assert.Contains($"The {role} column must not have the name of an output column, Score", message);
            Assert.Contains($"; got '{name}'. The output would hide the column", message);
        }
    }

    [Fact]
    public void Fit_NameOfAnOutputThatTheKindDoesNotHave_IsAccepted()
    {
        var trainer = new TrainerCase("regression", "Value");
        ITransformer model = _ml.Regression.Trainers.MetaLearner(trainer.Options(iterations: 0) with { LabelColumnName = "Probability" }).Fit(Copied("Probability", "Value"));
        Assert.NotEmpty(_ml.MetaLearning().EvaluateTasks(model.Transform(Copied("Probability", "Value")), "Probability").Tasks);
    }

    [Theory]
    [InlineData("Size.Score")]
    [InlineData("Sold.Probability")]
    [InlineData("Colour.PredictedLabel")]
    public void MultiOutput_OutputNamedLikeAScore_IsRefused(string name)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(OutputRow.Rows(20));
        IDataView data = _ml.Transforms.CopyColumns(name, "Size").Append(_ml.Transforms.Conversion.MapValueToKey("Colour")).Fit(rows).Transform(rows);
        MultiOutputTrainer trainer = _ml.MetaLearning().MultiOutput(["Size", "Sold", "Colour", name]);
        Assert.Contains($"got '{name}'", Assert.Throws<ArgumentException>(() => trainer.Fit(data)).Message);
        Assert.Contains($"got '{name}'", Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(SchemaShapes.Of(data.Schema))).Message);
    }

    [Theory]
    [InlineData("Task")]
    [InlineData("Value")]
    public void SharedEncoder_EmbeddingNamedLikeLabelOrTask_IsRefused(string output)
    {
        var options = new MetaLearnerOptions { LabelColumnName = "Value", MaximumNumberOfIterations = 1 };
        Assert.Contains($"got '{output}'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SharedEncoder(options, output).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks(4)))).Message);
    }

    [Fact]
    public void EvaluateTasks_LabelIsAnOutput_IsRefused()
    {
        IDataView data = Copied("Score", "Value");
        IEstimator<ITransformer> trainer = _ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 2);
        ITransformer hiding = _ml.Regression.Trainers.Sdca("Score", maximumNumberOfIterations: 2).Fit(data);
        ITransformer copying = trainer.Append(_ml.Transforms.CopyColumns("Value", "Score")).Fit(data);
        ITransformer computing = trainer.Append(_ml.Transforms.Expression("Value", "x => x + 1", "Score")).Fit(data);
        ITransformer metaLearned = new TrainerCase("regression", "Value").Trainer(_ml, new TrainerCase("regression", "Value").Options(iterations: 0)).Append(_ml.Transforms.Conversion.ConvertType("Value", "IsKnownTask")).Fit(data);
        void Refused(ITransformer model, string label) =>
            Assert.Contains($"The label column must not be an output of the trainer, or made of one; got '{label}'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().EvaluateTasks(model.Transform(data), label)).Message);
        Refused(hiding, "Score");
        Refused(copying, "Value");
        Refused(computing, "Value");
        Refused(metaLearned, "Value");

        // The second model learns the scores of the first model.
        IDataView taught = trainer.Append(_ml.Transforms.CopyColumns("Teacher", "Score")).Fit(data).Transform(data);
        Assert.NotEmpty(_ml.MetaLearning().EvaluateTasks(_ml.Regression.Trainers.Sdca("Teacher", maximumNumberOfIterations: 2).Fit(taught).Transform(taught), "Teacher").Tasks);
    }

    [Fact]
    public void EvaluateTasks_OutputHidesTheTask_IsRefused()
    {
        IDataView data = Copied("PredictedLabel", "Task");
        data = _ml.Transforms.Conversion.MapValueToKey("PredictedLabel").Fit(data).Transform(data);
        ITransformer model = _ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key").Fit(data);
        Assert.Contains("The task column must not be an output of the trainer; got 'PredictedLabel'", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().EvaluateTasks(model.Transform(data), "Key", "PredictedLabel")).Message);
    }

    [Fact]
    public void EvaluateFewShot_OutputHidesOrReplacesTheLabel_ScoresAreComparedWithTheLabel()
    {
        IEstimator<ITransformer> Linear(string label) => _ml.Regression.Trainers.LbfgsPoissonRegression(new() { LabelColumnName = label, NumberOfThreads = 1 });
        double[] Figures(IEstimator<ITransformer> pipeline, string label) => [.. _ml.MetaLearning().EvaluateFewShot(
            Copied("Score", "Value"), [LearningStrategy.FromScratch("from scratch", pipeline)], null, label, options: new() { SupportSizes = [5], Draws = 1 }).Curves[0].Overall!.Tasks.Select(task => task[TaskMetric.RootMeanSquaredError])];
        double[] expected = Figures(Linear("Value"), "Value");
        Assert.All(expected, error => Assert.True(error > 0.1));
        Assert.Equal(expected, Figures(Linear("Score"), "Score"), (x, y) => Math.Abs(x - y) < 0.01 * x);
        Assert.Equal(expected, Figures(Linear("Value").Append(_ml.Transforms.CopyColumns("Value", "Score")), "Value"), (x, y) => Math.Abs(x - y) < 0.01 * x);
    }

    [Fact]
    public void CreateExperiment_OutputHidesTheLabel_IsRefused() => Assert.Contains(
        "The label column must not have the name of an output column",
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().CreateExperiment(5).Execute(Copied("Score", "Value"), "Score")).Message);

    private IDataView Copied(string to, string from)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(12));
        return _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(_ml.Transforms.CopyColumns(to, from)).Fit(rows).Transform(rows);
    }
}
