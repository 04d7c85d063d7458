using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Data;

/// <summary>The message of a schema mismatch ends with a cure. The test reads the message, applies the cure, and fits.</summary>
public sealed class ColumnCureTests
{
    private static readonly MLContext s_ml = TrainerCase.NewContext();

    // The column; the step that makes it invalid; the trainer; the end of the message; and the cure as a step.
    private static readonly Dictionary<string, (string Column, IEstimator<ITransformer> Corrupt, string Trainer, string MessageEnd, Func<IEstimator<ITransformer>> Cure)> s_cases = new()
    {
        ["binary, integer label"] = ("Answer", To("Answer", DataKind.Int32), "Answer", "ConvertType(\"Answer\", outputKind: DataKind.Boolean).", () => To("Answer", DataKind.Boolean)),
        ["binary, double label"] = ("Answer", To("Answer", DataKind.Double), "Answer", "ConvertType(\"Answer\", outputKind: DataKind.Boolean).", () => To("Answer", DataKind.Boolean)),
        ["binary, text label"] = ("Answer", To("Answer", DataKind.String), "Answer", "ConvertType(\"Answer\", outputKind: DataKind.Boolean).", () => To("Answer", DataKind.Boolean)),
        ["binary, key label"] = ("Answer", To("Answer", DataKind.String).Append(Key("Answer")), "Answer", "MapKeyToValue(\"Answer\"), and convert those by ml.Transforms.Conversion.ConvertType(\"Answer\", outputKind: DataKind.Boolean).", () => Value("Answer").Append(To("Answer", DataKind.Boolean))),
        ["multiclass, text label"] = ("Key", Copy("Key", "Class"), "Key", "MapValueToKey(\"Key\").", () => Key("Key")),
        ["multiclass, integer label"] = ("Key", Copy("Key", "Answer").Append(To("Key", DataKind.Int32)), "Key", "MapValueToKey(\"Key\").", () => Key("Key")),
        ["multiclass, Boolean label"] = ("Key", Copy("Key", "Answer"), "Key", "MapValueToKey(\"Key\").", () => Key("Key")),
        ["multiclass, Single label"] = ("Key", Copy("Key", "Answer").Append(To("Key", DataKind.Single)), "Key", "MapValueToKey(\"Key\").", () => Key("Key")),
        ["regression, integer label"] = ("Value", Copy("Value", "Answer").Append(To("Value", DataKind.Int32)), "Value", "ConvertType(\"Value\", outputKind: DataKind.Single).", () => To("Value", DataKind.Single)),
        ["regression, double label"] = ("Value", To("Value", DataKind.Double), "Value", "ConvertType(\"Value\", outputKind: DataKind.Single).", () => To("Value", DataKind.Single)),
        ["regression, Boolean label"] = ("Value", Copy("Value", "Answer"), "Value", "ConvertType(\"Value\", outputKind: DataKind.Single).", () => To("Value", DataKind.Single)),
        ["regression, text label"] = ("Value", To("Value", DataKind.String), "Value", "ConvertType(\"Value\", outputKind: DataKind.Single).", () => To("Value", DataKind.Single)),
        ["regression, key label"] = ("Value", Key("Value"), "Value", "MapKeyToValue(\"Value\"), and convert those by ml.Transforms.Conversion.ConvertType(\"Value\", outputKind: DataKind.Single).", () => Value("Value").Append(To("Value", DataKind.Single))),
        ["integer task"] = ("Task", Number("Task", DataKind.Int64), "Value", "ConvertType(\"Task\", outputKind: DataKind.String), or to a key by ml.Transforms.Conversion.MapValueToKey(\"Task\").", () => To("Task", DataKind.String)),
        ["integer task to a key"] = ("Task", Number("Task", DataKind.Int32), "Answer", "MapValueToKey(\"Task\").", () => Key("Task")),
        ["Boolean task"] = ("Task", Copy("Task", "Answer"), "Value", "ConvertType(\"Task\", outputKind: DataKind.String), or to a key by ml.Transforms.Conversion.MapValueToKey(\"Task\").", () => To("Task", DataKind.String)),
        ["Boolean task to a key"] = ("Task", Copy("Task", "Answer"), "Value", "MapValueToKey(\"Task\").", () => Key("Task")),
        ["Single task"] = ("Task", Number("Task", DataKind.Single), "Value", "ConvertType(\"Task\", outputKind: DataKind.String), or to a key by ml.Transforms.Conversion.MapValueToKey(\"Task\").", () => To("Task", DataKind.String)),
        ["scalar features"] = ("Features", Copy("Features", "Value"), "Value", "Concatenate(\"Features\", \"Features\", …), and use that column.", () => s_ml.Transforms.Concatenate("Features", "Features")),
        ["integer features"] = ("Features", To("Features", DataKind.Boolean).Append(To("Features", DataKind.Int32)), "Value", "ConvertType(\"Features\", outputKind: DataKind.Single).", () => To("Features", DataKind.Single)),
        ["double scalar features"] = ("Features", Copy("Features", "Value").Append(To("Features", DataKind.Double)), "Value", "ConvertType(\"Features\", outputKind: DataKind.Single), and make it a vector by ml.Transforms.Concatenate(\"Features\", \"Features\").", () => To("Features", DataKind.Single).Append(s_ml.Transforms.Concatenate("Features", "Features"))),
        ["text features"] = ("Features", Copy("Features", "Class"), "Value", "OneHotEncoding(\"Features\").", () => s_ml.Transforms.Categorical.OneHotEncoding("Features")),
        ["key features"] = ("Features", Copy("Features", "Class").Append(Key("Features")), "Value", "MapKeyToVector(\"Features\").", () => s_ml.Transforms.Conversion.MapKeyToVector("Features")),
        ["double weight"] = ("Weight", To("Weight", DataKind.Double), "Value", "ConvertType(\"Weight\", outputKind: DataKind.Single).", () => To("Weight", DataKind.Single)),
    };

    public static TheoryData<string> Cases => new(s_cases.Keys);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fit_ColumnOfAnotherType_EndsWithTheCureThatWorks(string name)
    {
        var (column, corrupt, label, messageEnd, cure) = s_cases[name];
        var trainer = new TrainerCase(label, label);
        IDataView rows = trainer.Data(s_ml, Some.Tasks(4, 12));
        IDataView corrupted = corrupt.Fit(rows).Transform(rows);
        MetaLearnerOptions options = trainer.Options(iterations: 0) with { ExampleWeightColumnName = "Weight", Encoder = new IdentityEncoderOptions() };
        foreach (Action check in new Action[] { () => trainer.Trainer(s_ml, options).Fit(corrupted), () => trainer.Trainer(s_ml, options).GetOutputSchema(SchemaShapes.Of(corrupted.Schema)) })
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(check);
            Assert.Contains($" column '{column}': expected ", error.Message);
            Assert.EndsWith($"{messageEnd} (Parameter '{column}')", error.Message);
        }

        cure().Append(trainer.Trainer(s_ml, options)).Fit(corrupted);
    }

    [Theory]
    [InlineData("Label")]
    [InlineData("Task")]
    [InlineData("Features")]
    [InlineData("Weight")]
    public void Fit_NoSuchColumn_SaysWhatToDo(string column)
    {
        IDataView rows = s_ml.Data.LoadFromEnumerable(Some.Tasks(4, 12));
        rows = s_ml.Transforms.CopyColumns("Label", "Value").Append(s_ml.Transforms.DropColumns(column)).Fit(rows).Transform(rows);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => s_ml.Regression.Trainers.MetaLearner(exampleWeightColumnName: "Weight").Fit(rows));
        Assert.EndsWith($"Give the name of an existing column, or put the step that makes '{column}' in front. (Parameter '{column}')", error.Message);
    }

    [Theory]
    [InlineData("Colour", null, "MapValueToKey(\"Colour\").")]
    [InlineData("Colour", LabelKind.Multiclass, "MapValueToKey(\"Colour\").")]
    [InlineData("Sold", LabelKind.Regression, "ConvertType(\"Sold\", outputKind: DataKind.Single).")]
    [InlineData("Colour", LabelKind.Binary, "ConvertType(\"Colour\", outputKind: DataKind.Boolean).")]
    public void Fit_OutputOfAnotherType_EndsWithTheCure(string output, LabelKind? kind, string messageEnd)
    {
        IDataView rows = s_ml.Data.LoadFromEnumerable(OutputRow.Rows(20));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => s_ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Size"), new(output, kind)] }).Fit(rows));
        Assert.EndsWith($"{messageEnd} (Parameter '{output}')", error.Message);
    }

    [Fact]
    public void EvaluateTasks_ColumnOfAnotherType_EndsWithTheCure()
    {
        IDataView rows = s_ml.Data.LoadFromEnumerable(Some.Tasks(4, 12));
        string Message(IEstimator<ITransformer> corrupt, string label = "Value") =>
            Assert.Throws<ArgumentOutOfRangeException>(() => s_ml.MetaLearning().EvaluateTasks(corrupt.Fit(rows).Transform(rows), label, scoreColumnName: "Value")).Message;
        Assert.Contains("ConvertType(\"Task\", outputKind: DataKind.String)", Message(Number("Task", DataKind.Int32)));
        Assert.Contains("ConvertType(\"Value\", outputKind: DataKind.Single)", Message(To("Value", DataKind.Double)));
        Assert.Contains("the result of a model's Transform", Message(To("Value", DataKind.Double), "Answer"));
    }

    // Binary labels are often numbers. If the labels are declared as binary, 0 and 1 are treated as false and true.
    [Fact]
    public void Fit_SingleOfZeroAndOne_IsBooleanToEveryBinaryTrainer()
    {
        var trainer = new TrainerCase("binary", "Answer");
        IDataView answers = s_ml.Data.LoadFromEnumerable(Some.Tasks()), numbers = To("Answer", DataKind.Single).Fit(answers).Transform(answers);
        IDataView support = s_ml.Data.LoadFromEnumerable(Some.Tasks(2, firstTask: 40)), numbered = To("Answer", DataKind.Single).Fit(support).Transform(support);
        ITransformer model = trainer.Trainer(s_ml, trainer.Options(iterations: 5)).Fit(answers), same = trainer.Trainer(s_ml, trainer.Options(iterations: 5)).Fit(numbers);
        trainer.Trainer(s_ml).GetOutputSchema(SchemaShapes.Of(numbers.Schema));
        float[] Scores(ITransformer of, IDataView data) => [.. of.Transform(data).GetColumn<float>("Score")];
        Assert.Equal(Scores(model, answers), Scores(same, numbers));
        Assert.Equal(Scores(s_ml.MetaLearning().Adapt(model, support), support), Scores(s_ml.MetaLearning().Adapt(model, numbered), numbered));

        TaskEvaluation expected = s_ml.MetaLearning().EvaluateTasks(model.Transform(answers), "Answer"), actual = s_ml.MetaLearning().EvaluateTasks(same.Transform(numbers), "Answer");
        Assert.Equal(LabelKind.Binary, actual.Kind);
        Assert.Equal(expected.Tasks.Select(task => task[TaskMetric.LogLoss]), actual.Tasks.Select(task => task[TaskMetric.LogLoss]));
    }

    [Fact]
    public void Fit_SingleLabelMissing_IsLeftOutAndAnotherValueIsRefused()
    {
        var trainer = new TrainerCase("binary", "Value");
        List<TaskRow> rows = Some.Tasks();
        rows.ForEach(row => row.Value = row.Answer ? 1 : 0);
        IDataView whole = s_ml.Data.LoadFromEnumerable(rows.Where((_, i) => i % 5 != 3)), holes = s_ml.Data.LoadFromEnumerable(rows.Select((row, i) => new TaskRow { Task = row.Task, Features = row.Features, Value = i % 5 == 3 ? float.NaN : row.Value }));
        MetaLearnerTransformer Fit(IDataView data) => s_ml.BinaryClassification.Trainers.MetaLearner(trainer.Options(iterations: 5)).Fit(data);
        Assert.Equal(Fit(whole).Transform(whole).GetColumn<float>("Score").ToArray(), Fit(holes).Transform(whole).GetColumn<float>("Score").ToArray());
        rows[4].Value = 2;
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Fit(s_ml.Data.LoadFromEnumerable(rows)));
        Assert.Contains("label column 'Value': expected Boolean, or Single of 0, 1 and NaN, got 2 in row 4", error.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Adapt_ClassUnseenAtFit_NamesPerTask(bool isInTheChain)
    {
        var trainer = new TrainerCase("multiclass", "Key");
        IDataView training = s_ml.Data.LoadFromEnumerable(Some.Tasks());
        List<TaskRow> newTasks = Some.Tasks(1, firstTask: 40);
        newTasks[3].Class = "huge";
        IDataView support = s_ml.Data.LoadFromEnumerable(newTasks);
        ITransformer mapping = Key("Key", "Class").Fit(training);
        ITransformer model = isInTheChain ? trainer.Pipeline(s_ml, trainer.Options(iterations: 2)).Fit(training) : trainer.Trainer(s_ml, trainer.Options(iterations: 2)).Fit(mapping.Transform(training));
        IDataView given = isInTheChain ? support : mapping.Transform(support);
        foreach (Action call in new Action[] { () => s_ml.MetaLearning().Adapt(model, given), () => s_ml.MetaLearning().Relatedness(model, given) })
        {
            string message = Assert.Throws<InvalidOperationException>(call).Message;
            Assert.Contains("ClassSets.PerTask", message);
            Assert.DoesNotContain("MapValueToKey", message);
            Assert.Equal(isInTheChain, message.Contains("'huge'", StringComparison.Ordinal));
        }
    }

    private static IEstimator<ITransformer> To(string column, DataKind kind) => s_ml.Transforms.Conversion.ConvertType(column, outputKind: kind);

    private static IEstimator<ITransformer> Key(string column, string? from = null) => s_ml.Transforms.Conversion.MapValueToKey(column, from);

    private static IEstimator<ITransformer> Value(string column) => s_ml.Transforms.Conversion.MapKeyToValue(column);

    private static IEstimator<ITransformer> Copy(string column, string from) => s_ml.Transforms.CopyColumns(column, from);

    // A number for each task.
    private static IEstimator<ITransformer> Number(string column, DataKind kind) => s_ml.Transforms.Conversion.MapValue(column, Enumerable.Range(0, 50).Select(i => KeyValuePair.Create($"task{i}", 100 + i)), column).Append(To(column, kind));
}
