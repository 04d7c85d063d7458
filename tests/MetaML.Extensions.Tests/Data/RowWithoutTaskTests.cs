using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Data;

/// <summary>A row without the name of a task is an error in all methods that read tasks, as is a row with a missing key.</summary>
public sealed class RowWithoutTaskTests
{
    private const int Row = 7;

    private static readonly MLContext s_ml = TrainerCase.NewContext();
    private static readonly TrainerCase s_binary = new("binary", "Answer");
    private static readonly Lazy<ITransformer> s_model = new(() => s_binary.Pipeline(s_ml, s_binary.Options(iterations: 2)).Fit(s_ml.Data.LoadFromEnumerable(Some.Tasks())));

    private static readonly Dictionary<string, Action<IDataView>> s_readers = new()
    {
        ["Fit"] = rows => s_binary.Trainer(s_ml, s_binary.Options(iterations: 2)).Fit(rows),
        ["Fit multi-output"] = rows => s_ml.MetaLearning().MultiOutput(new MultiOutputOptions { Outputs = [new("Answer"), new("Value")], TaskColumnName = "Task", Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 2 }).Fit(rows),
        ["Fit encoder"] = rows => s_ml.MetaLearning().SharedEncoder(s_binary.Options(iterations: 2)).Fit(rows),
        ["Adapt"] = rows => s_ml.MetaLearning().Adapt(s_model.Value, rows),
        ["Relatedness"] = rows => s_ml.MetaLearning().Relatedness(s_model.Value, rows),
        ["RelatedPrior"] = rows => s_ml.MetaLearning().RelatedPrior(s_model.Value, rows),
        ["EvaluateTasks"] = rows => s_ml.MetaLearning().EvaluateTasks(s_model.Value.Transform(rows), "Answer"),
        ["EvaluateFewShot"] = rows => s_ml.MetaLearning().EvaluateFewShot(rows, [LearningStrategy.MetaLearned("a", s_model.Value)], labelColumnName: "Answer", options: new FewShotOptions { SupportSizes = [2] }),
        ["EvaluateFewShot, training"] = rows => s_ml.MetaLearning().EvaluateFewShot(
            s_ml.Data.LoadFromEnumerable(Some.Tasks(3, firstTask: 60)), [LearningStrategy.MetaLearned("a", s_model.Value)], rows, "Answer", options: new FewShotOptions { SupportSizes = [2] }),
        ["SupportQuerySplit"] = rows => s_ml.MetaLearning().SupportQuerySplit(rows, 2, labelColumnName: "Answer"),
        ["TaskTrainTestSplit"] = rows => s_ml.MetaLearning().TaskTrainTestSplit(rows),
        ["TaskTrainValidationTestSplit"] = rows => s_ml.MetaLearning().TaskTrainValidationTestSplit(rows),
        ["CrossValidateTasks"] = rows => s_ml.MetaLearning().CrossValidateTasks(rows, [LearningStrategy.MetaLearned("a", s_model.Value)], 2, "Answer"),
    };

    public static TheoryData<string, string?> Cases
    {
        get
        {
            var cases = new TheoryData<string, string?>();
            foreach (string reader in s_readers.Keys)
            {
                foreach (string? name in new[] { null, "" })
                    cases.Add(reader, name);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_TaskWithoutName_NamesTheRow(string reader, string? name)
    {
        List<TaskRow> rows = Some.Tasks(6, 12, firstTask: 40, ragged: false);
        rows[Row].Task = name!;
        var error = Assert.Throws<InvalidOperationException>(() => s_readers[reader](s_ml.Data.LoadFromEnumerable(rows)));
        Assert.Contains("must have a task in column 'Task'; got", error.Message);
        Assert.Matches($@"\brows? {Row}\b", error.Message);
    }

    [Theory]
    [InlineData("Fit")]
    [InlineData("Adapt")]
    [InlineData("EvaluateTasks")]
    [InlineData("TaskTrainTestSplit")]
    public void Read_MissingKey_NamesTheRow(string reader)
    {
        List<TaskRow> rows = Some.Tasks(6, 12, firstTask: 40, ragged: false);
        IDataView known = s_ml.Data.LoadFromEnumerable(rows.Where((_, i) => i != Row));
        ITransformer mapping = s_ml.Transforms.Conversion.MapValueToKey("Task").Fit(known);
        rows[Row].Task = "stranger";
        var error = Assert.Throws<InvalidOperationException>(() => s_readers[reader](mapping.Transform(s_ml.Data.LoadFromEnumerable(rows))));
        Assert.Contains("must have a task in column 'Task'; got", error.Message);
    }

    // Scoring treats a row without a task as a row of an unknown task.
    [Fact]
    public void Transform_TaskWithoutName_IsUnknown()
    {
        List<TaskRow> rows = [.. Some.Tasks(3).Take(3)];
        (rows[0].Task, rows[1].Task) = (null!, " ");
        IDataView scored = s_model.Value.Transform(s_ml.Data.LoadFromEnumerable(rows));
        Assert.Equal([false, false, true], scored.GetColumn<bool>("IsKnownTask"));
        Assert.All(scored.GetColumn<float>("Score"), score => Assert.True(float.IsFinite(score)));

        ITransformer strict = s_binary.Trainer(s_ml, s_binary.Options(iterations: 2) with { UnknownTasks = UnknownTaskHandling.Throw }).Fit(s_ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Contains("got none", Assert.Throws<InvalidOperationException>(() => strict.Transform(s_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score").ToArray()).ToString());
    }
}
