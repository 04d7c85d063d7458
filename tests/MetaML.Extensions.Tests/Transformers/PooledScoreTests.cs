using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

public sealed class PooledScoreTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Fit_LabelsOfNoise_TrainingRowsAreScoredByModelsThatHaveNotSeenTheirTask()
    {
        var random = new Random(3);
        List<TaskRow> rows = Some.Tasks(20, 20);
        foreach (TaskRow row in rows)
            row.Value = random.NextSingle() - 0.5f;
        PooledScoreTransformer fitted = _ml.MetaLearning().PooledScore(Trees()).Fit(View(rows));
        float[] seen = [.. fitted.PooledModel.Transform(View(rows)).GetColumn<float>("Score")], unseen = Scores(fitted, rows);
        Assert.True(Correlation(rows, seen) > 0.5, $"{Correlation(rows, seen)}");
        Assert.InRange(Correlation(rows, unseen), -0.25, 0.25);
    }

    [Fact]
    public void Transform_NewTaskAndNoTask_AreScoredByTheModelOfAllTasks()
    {
        PooledScoreTransformer fitted = _ml.MetaLearning().PooledScore(Trees(), folds: 3).Fit(View(Some.Tasks()));
        List<TaskRow> rows = Some.Tasks(2, firstTask: 40);
        rows[0].Task = "";
        Assert.Equal(fitted.PooledModel.Transform(View(rows)).GetColumn<float>("Score"), Scores(fitted, rows));
        Assert.Equal(3, fitted.FoldCount);
    }

    [Theory]
    [InlineData("Answer")]
    [InlineData("Value")]
    [InlineData("Class")]
    public void PooledScore_BeforeAMetaLearner_AdaptsSavesAndPredictsOneRow(string label)
    {
        IEstimator<ITransformer> trainer = label switch
        {
            "Answer" => _ml.BinaryClassification.Trainers.LightGbm("Answer", "Features", numberOfIterations: 5),
            "Value" => Trees(),
            _ => _ml.MulticlassClassification.Trainers.LightGbm("Class", "Features", numberOfIterations: 5),
        };
        var learner = new MetaLearnerOptions { LabelColumnName = label, MaximumNumberOfIterations = 0 };
        var pipeline = (label == "Class" ? _ml.Transforms.Conversion.MapValueToKey("Class") : (IEstimator<ITransformer>)_ml.Transforms.CopyColumns("Features", "Features"))
            .Append(_ml.MetaLearning().PooledScore(trainer, folds: 3))
            .Append(_ml.Transforms.Concatenate("Features", "Features", "PooledScore"))
            .Append(label switch
            {
                "Answer" => _ml.BinaryClassification.Trainers.MetaLearner(learner),
                "Value" => (IEstimator<ITransformer>)_ml.Regression.Trainers.MetaLearner(learner),
                _ => _ml.MulticlassClassification.Trainers.MetaLearner(learner),
            });
        ITransformer model = pipeline.Fit(View(Some.Tasks()));
        List<TaskRow> support = Some.Tasks(1, 20, firstTask: 40);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(support));
        IDataView scored = adapted.Transform(View(support));
        Assert.All(scored.GetColumn<bool>("IsKnownTask"), Assert.True);

        using var file = new MemoryStream();
        _ml.Model.Save(adapted, View(support).Schema, file);
        IDataView loaded = _ml.Model.Load(file, out _).Transform(View(support));
        if (label == "Class")
        {
            Assert.Equal(scored.GetColumn<VBuffer<float>>("Score").Select(score => score.DenseValues().ToArray()), loaded.GetColumn<VBuffer<float>>("Score").Select(score => score.DenseValues().ToArray()));
            return;
        }

        Assert.Equal(scored.GetColumn<float>("Score"), loaded.GetColumn<float>("Score"));
        using PredictionEngine<TaskRow, Scored> engine = _ml.Model.CreatePredictionEngine<TaskRow, Scored>(adapted);
        Assert.Equal(scored.GetColumn<float>("Score").First(), engine.Predict(support[0]).Score);
    }

    [Fact]
    public void Fit_TaskOfAKeyAndRowsInParallel_SameScoresAsOfText()
    {
        List<TaskRow> rows = Some.Tasks(12, 200);
        float[] text = Scores(_ml.MetaLearning().PooledScore(Trees()).Fit(View(rows)), rows);
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Task").Append(_ml.MetaLearning().PooledScore(Trees(), taskColumnName: "Key"));
        Assert.Equal(text, keyed.Fit(View(rows)).Transform(View(rows)).GetColumn<float>("PooledScore"));
    }

    [Fact]
    public void PooledScore_BadInput_IsRefusedBeforeTraining()
    {
        MetaLearningCatalog catalog = _ml.MetaLearning();
        Assert.Contains("at least 2; got 1", Assert.Throws<ArgumentOutOfRangeException>(() => catalog.PooledScore(Trees(), folds: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("at least two tasks; got 1", Assert.Throws<InvalidOperationException>(() => catalog.PooledScore(Trees()).Fit(View(Some.Tasks(1)))).Message, StringComparison.Ordinal);
        Assert.Contains("an output column of the trainer; got 'Probability'", Assert.Throws<ArgumentException>(() => catalog.PooledScore(Trees(), scoreColumnName: "Probability").GetOutputSchema(SchemaShapes.Of(View(Some.Tasks()).Schema))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.PooledScore(Trees(), taskColumnName: "Shop").Fit(View(Some.Tasks())));
        List<TaskRow> rows = Some.Tasks();
        rows[3].Task = "";
        Assert.Contains("row 3", Assert.Throws<InvalidOperationException>(() => catalog.PooledScore(Trees()).Fit(View(rows))).Message, StringComparison.Ordinal);
        rows = Some.Tasks();
        rows.ForEach(row => row.Value = float.NaN);
        Assert.Contains("it failed without fold 1 of 5", Assert.Throws<InvalidOperationException>(() => catalog.PooledScore(_ml.Regression.Trainers.Sdca("Value", "Features")).Fit(View(rows))).Message, StringComparison.Ordinal);
    }

    private LightGbmRegressionTrainer Trees() => _ml.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options { LabelColumnName = "Value", FeatureColumnName = "Features", NumberOfIterations = 30, MinimumExampleCountPerLeaf = 2, NumberOfThreads = 1, Deterministic = true });

    private static float[] Scores(PooledScoreTransformer fitted, List<TaskRow> rows) => [.. fitted.Transform(View(rows)).GetColumn<float>("PooledScore")];

    private static double Correlation(List<TaskRow> rows, float[] scores)
    {
        double x = rows.Average(row => row.Value), y = scores.Average();
        double Sum(Func<double, double, double> term) => rows.Zip(scores).Sum(pair => term(pair.First.Value - x, pair.Second - y));
        return Sum((a, b) => a * b) / Math.Sqrt(Sum((a, _) => a * a) * Sum((_, b) => b * b));
    }

    private static IDataView View(List<TaskRow> rows) => TrainerCase.NewContext().Data.LoadFromEnumerable(rows);

    private sealed class Scored
    {
        public float Score { get; set; }
    }
}
