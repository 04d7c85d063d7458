using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Ensembles;

/// <summary>Several models whose predictions are averaged.</summary>
public sealed class EnsembleTests
{
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<double>> s_routes = new Dictionary<string, IReadOnlyList<double>> { ["task3"] = [0, 1] };

    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TrainerCase> Trainers => [new("binary", "Answer"), new("multiclass", "Key"), new("regression", "Value")];

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Transform_TwoModels_GivesTheirWeightedMean(TrainerCase trainer)
    {
        var (first, second) = Models(trainer);
        List<TaskRow> rows = Some.Tasks(4);
        double[][] one = Predictions(trainer, first, rows), other = Predictions(trainer, second, rows);
        EnsembleTransformer ensemble = _ml.MetaLearning().Ensemble([first, second], [3, 1], "Task", s_routes);
        Assert.Equal([0.75, 0.25], ensemble.Weights);
        double[][] means = Predictions(trainer, ensemble, rows);
        for (int i = 0; i < rows.Count; i++)
        {
            double weight = rows[i].Task == "task3" ? 0 : 0.75;
            for (int j = 0; j < means[i].Length; j++)
                Assert.Equal(weight * one[i][j] + (1 - weight) * other[i][j], means[i][j], 1e-5 * Math.Max(1, Math.Abs(means[i][j])));
        }

        // The columns are those of a single model, so that ML.NET's own evaluation reads them.
        Assert.Equal(Columns(first, rows), Columns(ensemble, rows));
        IDataView scored = ensemble.Transform(trainer.Data(_ml, rows));
        Assert.True(trainer.Label switch
        {
            "Answer" => _ml.BinaryClassification.Evaluate(scored, "Answer").Accuracy > 0.7,
            "Key" => _ml.MulticlassClassification.Evaluate(scored, "Key").MicroAccuracy > 0.6,
            _ => _ml.Regression.Evaluate(scored, "Value").RSquared > 0.5,
        });
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Adapt_NewTask_IsTheMeanOfTheAdaptedModelsAlsoWhenLoaded(TrainerCase trainer)
    {
        var (first, second) = Models(trainer);
        MetaLearningCatalog tasks = _ml.MetaLearning();
        IDataView support = _ml.Data.LoadFromEnumerable(Some.Tasks(2, 10, firstTask: 40));
        List<TaskRow> query = Some.Tasks(2, 20, seed: 2, firstTask: 40);
        EnsembleTransformer ensemble = tasks.Ensemble([first, second]);
        Assert.False(tasks.KnowsTask(ensemble, "task40"));
        ITransformer adapted = tasks.Adapt(ensemble, support);
        double[][] expected = Predictions(trainer, tasks.Ensemble([tasks.Adapt(first, support), tasks.Adapt(second, support)]), query);
        Assert.Equal(expected, Predictions(trainer, adapted, query));
        Assert.True(tasks.KnowsTask(adapted, "task40"));
        Assert.All(adapted.Transform(trainer.Data(_ml, query)).GetColumn<bool>("IsKnownTask"), Assert.True);
        Assert.NotEqual(expected, Predictions(trainer, ensemble, query)); // the given model is not changed

        using var file = new MemoryStream();
        _ml.Model.Save(ensemble, support.Schema, file);
        foreach (ITransformer loaded in new[] { _ml.Model.Load(file, out _), tasks.LoadChecked(file, out _) })
            Assert.Equal(expected, Predictions(trainer, tasks.Adapt(loaded, support), query));

        // In another process, which has no native torch library.
        Assert.Equal(TrainerConformance.Numbers(trainer, adapted.Transform(trainer.Data(_ml, query))), ScoringProcess.Scores(_ml, ensemble, trainer.Data(_ml, query), trainer.Data(_ml, Some.Tasks(2, 10, firstTask: 40))));
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Tasks_RemovedSelectedExportedAndImported(TrainerCase trainer)
    {
        var (first, second) = Models(trainer);
        MetaLearningCatalog tasks = _ml.MetaLearning();
        EnsembleTransformer ensemble = tasks.Ensemble([first, second], null, "Task", s_routes);
        List<TaskRow> two = Some.Tasks(1, firstTask: 2), three = Some.Tasks(1, firstTask: 3);
        Assert.Equal(Predictions(trainer, ensemble, two), Predictions(trainer, tasks.SelectTask(ensemble, "task2"), two));
        Assert.Equal(Predictions(trainer, second, three), Predictions(trainer, tasks.SelectTask(ensemble, "task3"), three)); // its only model

        var removed = (EnsembleTransformer)tasks.RemoveTask(ensemble, "task3");
        Assert.Empty(removed.TaskWeights);
        Assert.DoesNotContain("task3", removed.TaskNames);
        Assert.Contains("task3", Assert.Throws<ArgumentException>(() => tasks.RemoveTask(removed, "task3")).Message, StringComparison.Ordinal);
        ITransformer imported = tasks.ImportTask(removed, tasks.ExportTask(ensemble, "task3"));
        Assert.Equal(Predictions(trainer, tasks.Ensemble([first, second]), three), Predictions(trainer, imported, three));
    }

    [Fact]
    public void Predict_OneRowAfterAnother_GivesTheScoresOfTransform()
    {
        var trainer = new TrainerCase("binary", "Answer");
        var (first, second) = Models(trainer);
        ITransformer ensemble = _ml.MetaLearning().Ensemble([first, second]);
        List<TaskRow> rows = Some.Tasks(3, 5);
        IDataView scored = ensemble.Transform(_ml.Data.LoadFromEnumerable(rows));
        float[] scores = [.. scored.GetColumn<float>("Score")], probabilities = [.. scored.GetColumn<float>("Probability")];
        using PredictionEngine<TaskRow, Scored> engine = _ml.Model.CreatePredictionEngine<TaskRow, Scored>(ensemble);
        for (int i = 0; i < rows.Count; i++)
        {
            Scored row = engine.Predict(rows[i]);
            Assert.Equal((scores[i], probabilities[i], scores[i] > 0), (row.Score, row.Probability, row.PredictedLabel));
        }
    }

    [Fact]
    public void Transform_ClassesInAnotherOrderAndAPooledModel_AreMatchedByName()
    {
        var trainer = new TrainerCase("multiclass", "Key");
        ITransformer meta = trainer.Pipeline(_ml).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        TaskRow[] sorted = [.. Some.Tasks().OrderBy(row => row.Class, StringComparer.Ordinal)]; // another order of the keys
        ITransformer pooled = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Key")).Fit(_ml.Data.LoadFromEnumerable(sorted));
        List<TaskRow> rows = Some.Tasks(2);
        Dictionary<string, float>[] one = ByClass(meta, rows), other = ByClass(pooled, rows), means = ByClass(_ml.MetaLearning().Ensemble([meta, pooled]), rows);
        for (int i = 0; i < rows.Count; i++)
            Assert.All(means[i], pair => Assert.Equal((one[i][pair.Key] + other[i][pair.Key]) / 2, pair.Value, 1e-5));

        ITransformer adapted = _ml.MetaLearning().Adapt(_ml.MetaLearning().Ensemble([meta, pooled]), _ml.Data.LoadFromEnumerable(Some.Tasks(1, 9, firstTask: 40)));
        Assert.Same(pooled, ((EnsembleTransformer)adapted).Models[1]); // it learns nothing from support
    }

    [Fact]
    public void Transform_BayesianModels_GivesTheDeviationOfTheMixture()
    {
        var trainer = new TrainerCase("regression", "Value", new BayesianAdapterOptions());
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer first = trainer.Trainer(_ml, trainer.Options() with { Encoder = new IdentityEncoderOptions() }).Fit(data), second = trainer.Trainer(_ml).Fit(data);
        IDataView one = first.Transform(data), other = second.Transform(data), both = _ml.MetaLearning().Ensemble([first, second]).Transform(data);
        foreach (var (((m, s), (n, t)), (_, deviation)) in Moments(one).Zip(Moments(other)).Zip(Moments(both)))
            Assert.Equal(Math.Sqrt((s * s + t * t) / 2 + (m - n) * (m - n) / 4), deviation, 1e-3 * deviation);

        static IEnumerable<(double Mean, double Deviation)> Moments(IDataView scored) => scored.GetColumn<float>("Score").Zip(scored.GetColumn<float>("ScoreStandardDeviation")).Select(pair => ((double)pair.First, (double)pair.Second));
    }

    [Fact]
    public void Ensemble_BadInput_SaysWhy()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        ITransformer binary = new TrainerCase("binary", "Answer").Trainer(_ml).Fit(data), regression = new TrainerCase("regression", "Value").Trainer(_ml).Fit(data);
        ITransformer uncalibrated = _ml.BinaryClassification.Trainers.AveragedPerceptron("Answer").Fit(data), noScore = _ml.Transforms.NormalizeMinMax("Features").Fit(data);
        MetaLearningCatalog tasks = _ml.MetaLearning();
        string Message(Func<object> make) => Assert.ThrowsAny<ArgumentException>(make).Message;
        Assert.Contains("1 to 1024 models; got 0", Message(() => tasks.Ensemble([])), StringComparison.Ordinal);
        Assert.Contains("none negative and not all 0; got 1, -1", Message(() => tasks.Ensemble([binary, binary], [1, -1])), StringComparison.Ordinal);
        Assert.Contains("none negative and not all 0; got 1.", Message(() => tasks.Ensemble([binary, binary], [1])), StringComparison.Ordinal);
        Assert.Contains("The weights of task 'task3' must be 1 numbers", Message(() => tasks.Ensemble([binary], null, "Task", s_routes)), StringComparison.Ordinal);
        Assert.Contains("must come with their Task column", Message(() => tasks.Ensemble([binary, binary], null, null, s_routes)), StringComparison.Ordinal);
        Assert.Contains("labels of one kind; got Binary and Regression", Message(() => tasks.Ensemble([binary, regression]).Transform(data)), StringComparison.Ordinal);
        Assert.Contains("Model 1 of the ensemble must have a column Probability", Message(() => tasks.Ensemble([binary, uncalibrated]).Transform(data)), StringComparison.Ordinal);
        Assert.Contains("Model 0 of the ensemble must have a column Score of Single", Message(() => tasks.Ensemble([noScore]).Transform(data)), StringComparison.Ordinal);
        Assert.Contains("none does", Message(() => tasks.Adapt(tasks.Ensemble([uncalibrated]), data)), StringComparison.Ordinal);
        Assert.Contains("Take one of its Models", Message(() => tasks.Relatedness(tasks.Ensemble([binary]), data)), StringComparison.Ordinal);
        Assert.Contains("Describe each of its Models", Message(() => tasks.Describe(tasks.Ensemble([binary]))), StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluateFewShot_OfAnEnsemble_IsThatOfAnAdaptedModel()
    {
        var trainer = new TrainerCase("multiclass", "Key");
        var (first, second) = Models(trainer);
        LearningStrategy[] strategies = [LearningStrategy.MetaLearned("one", first), LearningStrategy.MetaLearned("ensemble", _ml.MetaLearning().Ensemble([first, second], [1, 0]))];
        FewShotEvaluation evaluation = _ml.MetaLearning().EvaluateFewShot(_ml.Data.LoadFromEnumerable(Some.Tasks(4, firstTask: 40)), strategies, labelColumnName: "Class", options: new FewShotOptions { SupportSizes = [5], Draws = 2 });
        Assert.All(evaluation.Compare("ensemble", "one").Tasks, task => Assert.Equal(0, task.Gain, 6));
    }

    private (ITransformer First, ITransformer Second) Models(TrainerCase trainer)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        return (trainer.Pipeline(_ml).Fit(data), trainer.Pipeline(_ml, trainer.Options(new RidgeAdapterOptions()) with { Encoder = new IdentityEncoderOptions() }).Fit(data));
    }

    // [row][output]: what an ensemble averages.
    private double[][] Predictions(TrainerCase trainer, ITransformer model, List<TaskRow> rows)
    {
        IDataView scored = model.Transform(trainer.Data(_ml, rows));
        return trainer.IsMulticlass
            ? [.. scored.GetColumn<float[]>("Score").Select(scores => Array.ConvertAll(scores, score => (double)score))]
            : [.. scored.GetColumn<float>(trainer.Label == "Answer" ? "Probability" : "Score").Select(score => new[] { (double)score })];
    }

    private string[] Columns(ITransformer model, List<TaskRow> rows)
    {
        DataViewSchema schema = model.GetOutputSchema(_ml.Data.LoadFromEnumerable(rows).Schema);
        return [.. new[] { "PredictedLabel", "Score", "Probability", "IsKnownTask" }.Select(schema.GetColumnOrNull).OfType<DataViewSchema.Column>()
            .Select(column => $"{column.Name} {column.Type} {string.Join(", ", column.Annotations.Schema.Select(annotation => annotation.Name).Order(StringComparer.Ordinal))}")];
    }

    private Dictionary<string, float>[] ByClass(ITransformer model, List<TaskRow> rows)
    {
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(rows));
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["PredictedLabel"].GetKeyValues(ref names);
        string[] classes = [.. names.DenseValues().Select(name => name.ToString())];
        return [.. scored.GetColumn<float[]>("Score").Select(scores => scores.Select((score, i) => KeyValuePair.Create(classes[i], score)).ToDictionary())];
    }

    private sealed class Scored
    {
        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
