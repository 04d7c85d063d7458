using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.FewShot;

/// <summary>Rows without a score are counted and named in every evaluation.</summary>
public sealed class UnscoredRowTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly List<TaskRow> _rows = Some.Tasks(6, firstTask: 50);
    private readonly FewShotOptions _options = new() { SupportSizes = [5, 10], Draws = 2, IsInTimeOrder = true };
    private readonly int _row;

    // The last row of a task is in no support.
    public UnscoredRowTests()
    {
        _row = _rows.FindLastIndex(row => row.Task == "task52");
        _rows[_row].Features[2] = float.NaN;
    }

    private LearningStrategy[] Strategies =>
    [
        LearningStrategy.MetaLearned("meta-learned", new TrainerCase("regression", "Value").Trainer(_ml, new TrainerCase("regression", "Value").Options(iterations: 3))),
        LearningStrategy.FromScratch("from scratch", _ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 5)),
    ];

    [Fact]
    public void EvaluateFewShot_RowWithoutScore_IsCountedAndNamed()
    {
        var warnings = new List<string>();
        _ml.Log += (_, entry) => warnings.Add(entry.RawMessage);
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(_ml.Data.LoadFromEnumerable(_rows), Strategies, _ml.Data.LoadFromEnumerable(Some.Tasks(8)), "Value", options: _options);
        foreach (FewShotCurve curve in result.Curves)
        {
            Assert.Null(curve.Exception);
            TaskMetrics task = Assert.Single(curve.Overall!.Tasks, task => task.UnscoredRowCount > 0);
            Assert.Equal(("task52", 1, _row), (task.Task, task.UnscoredRowCount, task.UnscoredRows[0]));
            Assert.False(double.IsNaN(task[TaskMetric.RootMeanSquaredError]));
            Assert.All(curve.Points, point => Assert.Equal(1, point.Evaluation.UnscoredRowCount));
            Assert.Contains(warnings, text => text.Contains($"'{curve.Strategy}': 1 rows have no finite score and are left out: task 'task52' (rows {_row}).", StringComparison.Ordinal));
        }

        Assert.Contains($"task 'task52' (rows {_row})", result.ToString());
    }

    [Fact]
    public void CrossValidateTasks_RowWithoutScore_HasItsNumberInTheWholeData()
    {
        TaskCrossValidation result = _ml.MetaLearning().CrossValidateTasks(_ml.Data.LoadFromEnumerable(_rows), Strategies[1..], 3, "Value", options: _options);
        Assert.Equal([_row], result.Overall.Curves[0].Overall!.Tasks.SelectMany(task => task.UnscoredRows));
    }

    [Fact]
    public void CreateExperiment_RunThatLeavesRowsOut_IsNotBest()
    {
        var settings = new TaskExperimentSettings { UsesDefaultTrainers = false, Adapters = [], FewShot = _options };
        settings.Add(Strategies[1]);
        settings.Add(LearningStrategy.FromScratch("every row", _ml.Transforms.ReplaceMissingValues("Features").Append(_ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 1))));
        IDataView others = _ml.Data.LoadFromEnumerable(Some.Tasks(4));
        ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings).Execute(others, _ml.Data.LoadFromEnumerable(_rows), labelColumnName: "Value");
        Assert.Equal([1, 0], result.RunDetails.Select(run => run.ValidationMetrics!.UnscoredRowCount));
        Assert.Equal("every row", result.BestRun.TrainerName);
    }

    [Fact]
    public void EvaluateTasks_RowsWithoutScore_AreNamed()
    {
        ITransformer model = new TrainerCase("regression", "Value").Trainer(_ml, new TrainerCase("regression", "Value").Options(iterations: 0) with { UnknownTasks = UnknownTaskHandling.Missing }).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks(4)));
        TaskEvaluation evaluation = _ml.MetaLearning().EvaluateTasks(model.Transform(_ml.Data.LoadFromEnumerable([.. Some.Tasks(4), _rows[0], _rows[1]])), "Value");
        int first = Some.Tasks(4).Count;
        Assert.Equal([first, first + 1], evaluation.Tasks[^1].UnscoredRows);
        Assert.Equal(2, evaluation.UnscoredRowCount);
        Assert.EndsWith($"2 rows have no finite score and are left out: task 'task50' (rows {first}, {first + 1}).", evaluation.ToString());
    }
}
