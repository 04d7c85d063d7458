using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Metrics;

public sealed class EvaluateTasksTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // pairs with equal scores count half in the AUC
    public void Binary_EveryTask_EqualsMLNet(bool tied)
    {
        var random = new Random(3);
        Scored[] rows = [.. Enumerable.Range(0, 200).Select(i =>
        {
            bool label = random.NextDouble() < 0.4;
            float score = (float)(random.NextDouble() - 0.5 + (label ? 0.2 : -0.2));
            score = tied ? MathF.Round(4 * score) / 4 : score;
            return new Scored { Task = $"task{i % 4}", Label = label, Score = score, Probability = 1 / (1 + MathF.Exp(-3 * score)), PredictedLabel = score > 0 };
        })];
        TaskEvaluation evaluation = _ml.MetaLearning().EvaluateTasks(View(rows));
        Assert.Equal(4, evaluation.Tasks.Count);
        foreach (TaskMetrics task in evaluation.Tasks)
        {
            CalibratedBinaryClassificationMetrics reference = _ml.BinaryClassification.Evaluate(View(rows.Where(row => row.Task == task.Task)));
            Assert.Equal(50, task.RowCount);
            Assert.Equal(reference.Accuracy, task[TaskMetric.Accuracy], 9);
            Assert.Equal(reference.PositivePrecision, task[TaskMetric.Precision], 9);
            Assert.Equal(reference.PositiveRecall, task[TaskMetric.Recall], 9);
            Assert.Equal(reference.F1Score, task[TaskMetric.F1Score], 9);
            Assert.Equal(reference.AreaUnderRocCurve, task[TaskMetric.AreaUnderRocCurve], 9);
            Assert.Equal(reference.AreaUnderPrecisionRecallCurve, task[TaskMetric.AreaUnderPrecisionRecallCurve], 9);
            Assert.Equal(reference.LogLoss, task[TaskMetric.LogLoss], 6);
            BinaryClassificationMetrics actual = task.Binary!;
            Assert.Equal(reference.Accuracy, actual.Accuracy, 9);
            Assert.Equal(reference.AreaUnderRocCurve, actual.AreaUnderRocCurve, 9);
            Assert.Equal(reference.NegativePrecision, actual.NegativePrecision, 9);
            Assert.Equal(reference.NegativeRecall, actual.NegativeRecall, 9);
            Assert.Equal(reference.F1Score, actual.F1Score, 9);
            Assert.Equal(reference.ConfusionMatrix.Counts, actual.ConfusionMatrix.Counts);
            Assert.Equal(reference.ConfusionMatrix.GetFormattedConfusionTable(), actual.ConfusionMatrix.GetFormattedConfusionTable());
        }
    }

    [Fact]
    public void Binary_TaskWithOneClass_HasNoAucAndIsCounted()
    {
        Scored[] rows =
        [
            new() { Task = "one class", Label = false, Score = -1 }, new() { Task = "one class", Label = false, Score = 1 },
            new() { Task = "both", Label = false, Score = -1 }, new() { Task = "both", Label = true, Score = 1 },
            new() { Task = "none found", Label = false, Score = -1 }, new() { Task = "none found", Label = true, Score = -2 },
        ];
        TaskEvaluation evaluation = _ml.MetaLearning().EvaluateTasks(View(rows));
        Assert.Equal(double.NaN, evaluation.Tasks[0][TaskMetric.AreaUnderRocCurve]);
        Assert.Equal(double.NaN, evaluation.Tasks[0][TaskMetric.Recall]);
        Assert.Equal(0.5, evaluation.Tasks[0][TaskMetric.Accuracy]);
        Assert.Equal(0, evaluation.Tasks[2][TaskMetric.F1Score]);
        Assert.Equal(1, evaluation[TaskMetric.AreaUnderRocCurve].UndefinedCount);
        Assert.Equal(0.5, evaluation[TaskMetric.AreaUnderRocCurve].Macro.Mean); // the mean of 1 and 0
        Assert.Equal(0, evaluation[TaskMetric.Accuracy].UndefinedCount);
    }

    [Fact]
    public void Regression_EveryTask_EqualsMLNetAndLeavesOutRowsWithoutScore()
    {
        ITransformer model = new TrainerCase("regression", "Value").Pipeline(_ml).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        TaskEvaluation evaluation = _ml.MetaLearning().EvaluateTasks(scored, "Value");
        Assert.Equal(12, evaluation.Tasks.Count);
        foreach (TaskMetrics task in evaluation.Tasks)
        {
            RegressionMetrics reference = _ml.Regression.Evaluate(model.Transform(_ml.Data.LoadFromEnumerable(Some.Tasks().Where(row => row.Task == task.Task))), "Value");
            Assert.Equal(reference.MeanAbsoluteError, task[TaskMetric.MeanAbsoluteError], 5);
            Assert.Equal(reference.RootMeanSquaredError, task[TaskMetric.RootMeanSquaredError], 5);
            Assert.Equal(reference.RSquared, task[TaskMetric.RSquared], 3); // ML.NET adds the squares of labels in single precision
            Assert.Equal(reference.MeanSquaredError, task.Regression!.MeanSquaredError, 3);
        }

        ValueRow[] rows = [new() { Task = "one", Label = 1, Score = 3 }, new() { Task = "one", Label = 2, Score = float.NaN }, new() { Task = "one", Label = float.NaN, Score = 1 }];
        TaskMetrics one = Assert.Single(_ml.MetaLearning().EvaluateTasks(_ml.Data.LoadFromEnumerable(rows)).Tasks);
        Assert.Equal((1, 1, 2.0), (one.RowCount, one.UnscoredRowCount, one[TaskMetric.RootMeanSquaredError]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Multiclass_EveryTask_EqualsMLNet(bool ownClasses)
    {
        List<TaskRow> all = ownClasses ? Some.TasksWithOwnClasses(5) : Some.Tasks(5);
        ITransformer model = new TrainerCase("multiclass", "Key").Pipeline(_ml).Fit(_ml.Data.LoadFromEnumerable(all));
        TaskEvaluation evaluation = _ml.MetaLearning().EvaluateTasks(model.Transform(_ml.Data.LoadFromEnumerable(all)), "Key");
        Assert.Equal(5, evaluation.Tasks.Count);
        foreach (TaskMetrics task in evaluation.Tasks)
        {
            MulticlassClassificationMetrics reference = _ml.MulticlassClassification.Evaluate(model.Transform(_ml.Data.LoadFromEnumerable(all.Where(row => row.Task == task.Task))), "Key");
            Assert.Equal(reference.MicroAccuracy, task[TaskMetric.MicroAccuracy], 9);
            Assert.Equal(reference.MacroAccuracy, task[TaskMetric.MacroAccuracy], 9);
            Assert.Equal(reference.LogLoss, task[TaskMetric.LogLoss], 6);
            Assert.Equal(reference.LogLossReduction, task.Multiclass!.LogLossReduction, 6);
            Assert.Equal(reference.ConfusionMatrix.Counts.SelectMany(row => row).Sum(), task.Multiclass.ConfusionMatrix.Counts.SelectMany(row => row).Sum());
            Assert.Equal(reference.PerClassLogLoss.Where(loss => loss > 0), task.Multiclass.PerClassLogLoss.Where(loss => loss > 0), (x, y) => Math.Abs(x - y) < 1e-6);
        }
    }

    [Fact]
    public void BadColumns_AreNamed()
    {
        IDataView data = View([new Scored { Task = "a" }]);
        string MessageOf(Func<object> evaluate) => Assert.ThrowsAny<ArgumentException>(evaluate).Message;
        Assert.Contains("task column 'Shop': expected String or key of known cardinality, got no such column. Available columns: ", MessageOf(() => _ml.MetaLearning().EvaluateTasks(data, taskColumnName: "Shop")));
        Assert.Contains("label column 'Answer': expected Boolean, key, text or Single, got no such column", MessageOf(() => _ml.MetaLearning().EvaluateTasks(data, "Answer")));
        Assert.Contains("score column 'PredictedLabel': expected Single, got Boolean", MessageOf(() => _ml.MetaLearning().EvaluateTasks(data, scoreColumnName: "PredictedLabel")));
    }

    private IDataView View(IEnumerable<Scored> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Scored
    {
        public string Task { get; set; } = "";

        public bool Label { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }

    private sealed class ValueRow
    {
        public string Task { get; set; } = "";

        public float Label { get; set; }

        public float Score { get; set; }
    }
}
