using System.Collections;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Columns;

/// <summary>A view whose rows come in another order at each reading.</summary>
public sealed class ChangingOrderTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly FewShotOptions _options = new() { SupportSizes = [4, 10], Draws = 2 };

    [Fact]
    public void EvaluateFewShot_ReadsEachViewOnceAndMatchesRowsWithLabels()
    {
        var news = new Reordered(Some.Tasks(4, firstTask: 50));
        var training = new Reordered(Some.Tasks(8));

        // The score is the label, and the scored rows have no label column. If a label of another row were read, the error would not be 0.
        IEstimator<ITransformer> exact = _ml.Transforms.CopyColumns("Score", "Value").Append(_ml.Transforms.DropColumns("Value"));
        FewShotEvaluation result = _ml.MetaLearning().EvaluateFewShot(
            View(news), [LearningStrategy.FromScratch("exact", exact), LearningStrategy.MetaLearned("meta-learned", Learner())], View(training), "Value", options: _options);
        Assert.Equal((1, 1), (news.Readings, training.Readings));
        Assert.All(result["exact"].Overall!.Tasks, task => Assert.Equal(0, task[TaskMetric.MeanAbsoluteError]));
        Assert.NotNull(result["meta-learned"].Overall);
    }

    [Fact]
    public void Tools_ViewIsReadOnce()
    {
        var rows = new Reordered(Some.Tasks(12));
        IDataView data = View(rows);
        SupportQuerySplit split = _ml.MetaLearning().SupportQuerySplit(data, 8, labelColumnName: "Answer");
        float[] support = [.. split.Support.GetColumn<float>("Value")], query = [.. split.Query.GetColumn<float>("Value")];
        Assert.Equal(rows.InOrderOf(1).Select(row => row.Value).Order(), support.Concat(query).Order());
        Assert.Equal(support, split.Support.GetColumn<float>("Value"));
        Assert.Equal(1, rows.Readings);

        _ml.MetaLearning().CrossValidateTasks(data, [LearningStrategy.FromScratch("from scratch", Linear())], 3, "Value", options: _options);
        Assert.Equal(2, rows.Readings);
        var settings = new TaskExperimentSettings { UsesDefaultTrainers = false, Adapters = [], FewShot = _options };
        settings.Add(LearningStrategy.FromScratch("from scratch", Linear()));
        _ml.MetaLearning().CreateExperiment(settings).Execute(data, "Value");
        Assert.Equal(3, rows.Readings);
    }

    [Fact]
    public void EvaluateTasks_LabelsAndScoresAreOfTheSameRows()
    {
        IDataView data = View(new Reordered(Some.Tasks(4)));
        IDataView scored = _ml.Transforms.CopyColumns("Score", "Value").Fit(data).Transform(data);
        Assert.All(_ml.MetaLearning().EvaluateTasks(scored, "Value", scoreColumnName: "Score").Tasks, task => Assert.Equal(0, task[TaskMetric.MeanAbsoluteError]));
    }

    [Fact]
    public void TaskTrainTestSplit_EveryReading_HasTheSameTasks()
    {
        DataOperationsCatalog.TrainTestData parts = _ml.MetaLearning().TaskTrainTestSplit(View(new Reordered(Some.Tasks(8))), 0.25);
        for (int reading = 0; reading < 3; reading++)
            Assert.Empty(parts.TrainSet.GetColumn<string>("Task").Intersect(parts.TestSet.GetColumn<string>("Task")));
    }

    [Fact]
    public void EvaluateFewShot_ColumnThatCannotBeKeptInMemory_OtherOrderIsRefused()
    {
        IEnumerable<PictureRow> Pictures(IEnumerable<TaskRow> rows) => rows.Select(row => new PictureRow { Task = row.Task, Features = row.Features, Value = row.Value, Picture = new Picture() });
        LearningStrategy[] strategies = [LearningStrategy.FromScratch("from scratch", Linear())];
        FewShotEvaluation Evaluate(IEnumerable<TaskRow> rows) => _ml.MetaLearning().EvaluateFewShot(_ml.Data.LoadFromEnumerable(Pictures(rows)), strategies, null, "Value", options: _options);
        Assert.NotNull(Evaluate(Some.Tasks(4)).Curves[0].Overall);
        Assert.Contains("Rows must come in the same order at each reading", Assert.Throws<InvalidOperationException>(() => Evaluate(new Reordered(Some.Tasks(4)))).Message);
    }

    private IEstimator<ITransformer> Linear() => _ml.Regression.Trainers.LbfgsPoissonRegression(new() { LabelColumnName = "Value", NumberOfThreads = 1 });

    private IEstimator<ITransformer> Learner() => new TrainerCase("regression", "Value").Trainer(_ml, new TrainerCase("regression", "Value").Options(iterations: 3));

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private sealed class Reordered(IReadOnlyList<TaskRow> rows) : IEnumerable<TaskRow>
    {
        public int Readings { get; private set; }

        public TaskRow[] InOrderOf(int reading)
        {
            TaskRow[] order = [.. rows];
            new Random(reading).Shuffle(order);
            return order;
        }

        public IEnumerator<TaskRow> GetEnumerator() => ((IEnumerable<TaskRow>)InOrderOf(++Readings)).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class PictureRow
    {
        public string Task { get; set; } = "";

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Value { get; set; }

        [Picture]
        public Picture? Picture { get; set; }
    }

    private sealed class Picture;

    private sealed class PictureType() : StructuredDataViewType(typeof(Picture))
    {
        public override bool Equals(DataViewType? other) => other is PictureType;

        public override int GetHashCode() => 1;
    }

    [AttributeUsage(AttributeTargets.Property)]
    private sealed class PictureAttribute : DataViewTypeAttribute
    {
        public override bool Equals(DataViewTypeAttribute? other) => other is PictureAttribute;

        public override int GetHashCode() => 1;

        public override void Register() => DataViewTypeManager.Register(new PictureType(), typeof(Picture), this);
    }
}
