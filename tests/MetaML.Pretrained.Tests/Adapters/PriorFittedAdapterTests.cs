using MetaML.Adapters;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Pretrained.Tests.Adapters;

public sealed class PriorFittedAdapterTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public PriorFittedAdapterTests() => _ml.Log += (_, entry) => _log.Add(entry.RawMessage);

    [Fact]
    public void Fit_OneTask_IsLearnedByTheNetworkAlone()
    {
        IDataView task = View(ShopRow.Draw(0, 1, 80)), others = View(ShopRow.Draw(0, 1, 300, seed: 2));
        Assert.True(_ml.BinaryClassification.Evaluate(Binary().Fit(task).Transform(others), "Answer").AreaUnderRocCurve > 0.93);
        Assert.Contains(_log, text => text.Contains("one training task is too few", StringComparison.Ordinal));
        var classes = _ml.MulticlassClassification.Evaluate(Multiclass().Fit(task).Transform(others), "Key");
        Assert.True(classes.MicroAccuracy > 0.75, $"accuracy {classes.MicroAccuracy}");
        IDataView values = Regression().Fit(task).Transform(others);
        Assert.True(_ml.Regression.Evaluate(values, "Value").RSquared > 0.85);
        double covered = values.GetColumn<float>("Value").Zip(values.GetColumn<float>("Score"), values.GetColumn<float>("ScoreStandardDeviation")).Average(row => Math.Abs(row.First - row.Second) < 2 * row.Third ? 1.0 : 0);
        Assert.InRange(covered, 0.85, 1);
    }

    [Fact]
    public void Adapt_NewTaskWithFewRows_IsBetterThanTheLinearPriorAndThanTheNetworkAlone()
    {
        ShopRow[] WithCommonSlope(ShopRow[] rows) => Array.ConvertAll(rows, row => new ShopRow { Task = row.Task, Features = row.Features, Value = row.Value + 300 * row.Features[1] });
        IDataView support = View(WithCommonSlope(ShopRow.Draw(20, 20, 12))), query = View(WithCommonSlope(ShopRow.Draw(20, 20, 50, seed: 2)));
        double Loss(IEstimator<ITransformer> trainer, int shops) => _ml.Regression.Evaluate(_ml.MetaLearning().Adapt(trainer.Fit(View(WithCommonSlope(ShopRow.Draw(0, shops, 60)))), support).Transform(query), "Value").RootMeanSquaredError;
        double linear = Loss(Regression(new BayesianAdapterOptions()), 20), network = Loss(Regression(), 1), both = Loss(Regression(), 20);
        Assert.True(both < 0.95 * linear && both < 0.95 * network, $"linear {linear}, network {network}, both {both}; {string.Join(' ', _log.Where(text => text.Contains("share in a score", StringComparison.Ordinal)))}");
        Assert.Contains(_log, text => text.Contains("its share in a score is", StringComparison.Ordinal));
    }

    [Fact]
    public void Adapt_UnrelatedNoise_LeavesTheLinearPriorAsItIs()
    {
        ShopRow[] rows = ShopRow.Draw(0, 30, 30);
        var random = new Random(1);
        foreach (ShopRow row in rows)
            row.Value = row.Features[1] + (float)random.NextDouble();
        ITransformer model = Regression().Fit(View(rows)), linear = Regression(new BayesianAdapterOptions()).Fit(View(rows));
        double Error(ITransformer of) => _ml.Regression.Evaluate(of.Transform(View(rows)), "Value").RootMeanSquaredError;
        Assert.InRange(Error(model), 0, 1.02 * Error(linear));
    }

    [Fact]
    public void SaveLoad_EachKind_ScoresKnownNewAndUnknownTasksToTheSameBits()
    {
        foreach (IEstimator<ITransformer> trainer in new[] { Binary(), Multiclass(), Regression() })
        {
            IDataView training = View(ShopRow.Draw(0, 6, 20)), support = View(ShopRow.Draw(6, 2, 8)), query = View(ShopRow.Draw(4, 6, 10, seed: 2));
            ITransformer model = trainer.Fit(training), adapted = _ml.MetaLearning().Adapt(model, support), loaded = Loaded(model, training);
            Assert.Equal(Scores(model.Transform(query)), Scores(loaded.Transform(query)));
            Assert.Equal(Scores(adapted.Transform(query)), Scores(Loaded(adapted, training).Transform(query)));
            Assert.Equal(Scores(adapted.Transform(query)), Scores(_ml.MetaLearning().Adapt(loaded, support).Transform(query)));
            Assert.NotEqual(Scores(model.Transform(query)), Scores(adapted.Transform(query)));
        }
    }

    [Fact]
    public void PredictionEngine_AgreesWithTransform()
    {
        ITransformer model = Binary().Fit(View(ShopRow.Draw(0, 5, 20)));
        ShopRow[] query = ShopRow.Draw(3, 4, 5, seed: 2);
        using PredictionEngine<ShopRow, Prediction> engine = _ml.Model.CreatePredictionEngine<ShopRow, Prediction>(model);
        Assert.Equal(Scores(model.Transform(View(query))), query.Select(row => engine.Predict(row).Score));
    }

    [Fact]
    public void Transform_RowsOfSeveralTasks_HaveTheBitsOfSingleRows()
    {
        ShopRow[] query = [.. ShopRow.Draw(3, 4, 5, seed: 2), new ShopRow { Task = "shop3", Features = [float.NaN, 0, 0], Class = "low" }];
        new Random(1).Shuffle(query);
        foreach (IEstimator<ITransformer> trainer in new[] { Binary(), Multiclass(), Regression() })
        {
            ITransformer model = trainer.Fit(View(ShopRow.Draw(0, 5, 20)));
            float[][] single = [.. query.Select(row => Scores(model.Transform(View([row]))))];
            float[] together = Scores(model.Transform(View(query)));
            bool isOfDeviations = together.Length == 2 * query.Length; // which follow all scores
            Assert.Equal(isOfDeviations ? [.. single.Select(row => row[0]), .. single.Select(row => row[1])] : single.SelectMany(row => row), together);
            Assert.Contains(together, float.IsNaN);
        }
    }

    [Fact]
    public void Update_InParts_EqualsAdaptationOnAllRows_AndForgetUndoesIt()
    {
        ShopRow[] first = ShopRow.Draw(9, 1, 6), second = ShopRow.Draw(9, 1, 7, seed: 3);
        IDataView query = View(ShopRow.Draw(9, 1, 20, seed: 2));
        ITransformer model = Regression().Fit(View(ShopRow.Draw(0, 5, 20)));
        ITransformer onFirst = _ml.MetaLearning().Adapt(model, View(first)), updated = _ml.MetaLearning().Update(onFirst, View(second));
        float[] whole = Scores(_ml.MetaLearning().Adapt(model, View([.. first, .. second])).Transform(query));
        Assert.Equal(whole, Scores(updated.Transform(query)));
        Assert.Equal(Scores(onFirst.Transform(query)), Scores(_ml.MetaLearning().Forget(updated, View(second)).Transform(query)));
    }

    [Fact]
    public void Adapt_Distilled_IsNearlyAsGoodAndKeepsItsScoresWhenSaved()
    {
        IDataView training = View(ShopRow.Draw(0, 8, 40)), support = View(ShopRow.Draw(8, 4, 60)), query = View(ShopRow.Draw(8, 4, 100, seed: 2));
        (ITransformer Model, double Error) Of(bool isDistilled)
        {
            ITransformer model = _ml.MetaLearning().Adapt(Regression(new PriorFittedAdapterOptions { Distilled = isDistilled }).Fit(training), support);
            return (model, _ml.Regression.Evaluate(model.Transform(query), "Value").RootMeanSquaredError);
        }

        var (network, error) = Of(false);
        var (distilled, errorOfDistilled) = Of(true);
        Assert.InRange(errorOfDistilled, 0, 1.2 * error);
        Assert.NotEqual(Scores(network.Transform(query)), Scores(distilled.Transform(query)));
        Assert.Equal(Scores(distilled.Transform(query)), Scores(Loaded(distilled, training).Transform(query)));
    }

    [Fact]
    public void UnknownTask_IsScoredByTheLinearPrior()
    {
        ShopRow[] rows = ShopRow.Draw(0, 8, 30), query = ShopRow.Draw(90, 1, 20);
        ITransformer model = Regression().Fit(View(rows)), linear = Regression(new BayesianAdapterOptions()).Fit(View(rows));
        Assert.Equal(linear.Transform(View(query)).GetColumn<float>("Score"), model.Transform(View(query)).GetColumn<float>("Score"));
    }

    [Fact]
    public void SelectTask_AndExportTask_KeepTheScores()
    {
        ShopRow[] query = ShopRow.Draw(2, 1, 10, seed: 2);
        IDataView training = View(ShopRow.Draw(0, 4, 20));
        ITransformer model = Regression().Fit(training);
        float[] expected = Scores(model.Transform(View(query)));
        Assert.Equal(expected, Scores(Loaded(_ml.MetaLearning().SelectTask(model, "shop2"), training).Transform(View(query))));
        ITransformer without = _ml.MetaLearning().RemoveTask(model, "shop2");
        Assert.NotEqual(expected, Scores(without.Transform(View(query))));
        Assert.Equal(expected, Scores(_ml.MetaLearning().ImportTask(without, _ml.MetaLearning().ExportTask(model, "shop2")).Transform(View(query))));
    }

    [Fact]
    public void Fit_TasksWithTheirOwnClasses_AdaptsToNewClasses()
    {
        ShopRow[] Own(ShopRow[] rows)
        {
            foreach (ShopRow row in rows)
                row.Class = $"{row.Task} {row.Class}";
            return rows;
        }

        ITransformer model = Keyed(Options("Key", new PriorFittedAdapterOptions()) with { ClassSets = ClassSets.PerTask }).Fit(View(Own(ShopRow.Draw(0, 6, 40))));
        ITransformer adapted = _ml.MetaLearning().Adapt(model, View(Own(ShopRow.Draw(6, 1, 40))));
        double accuracy = _ml.MulticlassClassification.Evaluate(adapted.Transform(View(Own(ShopRow.Draw(6, 1, 100, seed: 2)))), "Key").MicroAccuracy;
        Assert.True(accuracy > 0.6, $"accuracy {accuracy}; {string.Join(' ', _log.Where(text => text.Contains("share in a score", StringComparison.Ordinal)))}");
    }

    [Fact]
    public void Adapt_SupportOfOneClass_GivesProbabilities()
    {
        ITransformer model = Binary().Fit(View(ShopRow.Draw(0, 5, 20)));
        ShopRow[] positive = [.. ShopRow.Draw(7, 1, 30).Where(row => row.Answer)];
        float[] probabilities = [.. _ml.MetaLearning().Adapt(model, View(positive)).Transform(View(positive)).GetColumn<float>("Probability")];
        Assert.All(probabilities, value => Assert.InRange(value, 0.3f, 1));
    }

    [Fact]
    public void Fit_NothingSetAndOneTask_UsesTheNetworkAndSaysWhy()
    {
        IDataView task = View(ShopRow.Draw(0, 1, 60));
        IDataView scored = _ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Answer", TaskColumnName = "Task" }).Fit(task).Transform(View(ShopRow.Draw(0, 1, 300, seed: 2)));
        Assert.True(_ml.BinaryClassification.Evaluate(scored, "Answer").AreaUnderRocCurve > 0.9);
        Assert.Contains(_log, text => text.Contains("Learner: PriorFitted, since nothing is set, and there is one task", StringComparison.Ordinal));
        _log.Clear();
        _ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Answer", TaskColumnName = "Task" }).Fit(View(ShopRow.Draw(0, 2, 20)));
        Assert.Contains(_log, text => text.Contains("2 tasks say little about others", StringComparison.Ordinal));
        _log.Clear();
        _ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Answer", TaskColumnName = "Task" }).Fit(View(ShopRow.Draw(0, 12, 20)));
        Assert.DoesNotContain(_log, text => text.Contains("Learner: PriorFitted", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_NothingSetAndFewTasksOnOneCurve_TakesTheKernel()
    {
        var random = new Random(1);
        ShopRow[] rows = [.. Enumerable.Range(0, 160).Select(i =>
        {
            float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)(4 * random.NextDouble() - 2))];
            return new ShopRow { Task = $"shop {i % 4}", Features = x, Value = (float)(3 * Math.Sin(2 * x[0]) * x[1] + 0.2 * (i % 4) * x[0] + 0.1 * random.NextDouble()) };
        })];
        _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Value", TaskColumnName = "Task" }).Fit(View(rows));
        string learner = Assert.Single(_log, text => text.StartsWith("Learner: ", StringComparison.Ordinal) && text.Contains("Loss", StringComparison.Ordinal));
        Assert.StartsWith("Learner: Kernel + Bayesian. Loss on held-out tasks: Identity + PriorFitted ", learner, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_NothingSetAndFewLinearTasks_KeepsTheNetwork()
    {
        var random = new Random(1);
        ShopRow[] rows = [.. Enumerable.Range(0, 80).Select(i =>
        {
            float[] x = [.. Enumerable.Range(0, 3).Select(_ => (float)(4 * random.NextDouble() - 2))];
            return new ShopRow { Task = $"shop {i % 4}", Features = x, Value = (float)((1 + 0.2 * (i % 4)) * x[0] - x[1] + 2 * random.NextDouble()) };
        })];
        _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Value", TaskColumnName = "Task" }).Fit(View(rows));
        Assert.Contains(_log, text => text.StartsWith("Learner: Identity + PriorFitted. Loss on held-out tasks: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Options_OutsideTheirRange_SayWhy()
    {
        Assert.Contains("NumberOfViews", Assert.Throws<ArgumentException>(() => Regression(new PriorFittedAdapterOptions { NumberOfViews = 0 })).Message);
        Assert.Contains("Encoder must be IdentityEncoderOptions; got MlpEncoderOptions", Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new MlpEncoderOptions(), Adapter = new PriorFittedAdapterOptions() })).Message);
        Assert.Contains("at most 10 classes; got 11", Assert.Throws<ArgumentException>(() => new PriorFittedAdapterOptions().Create(new HeadShape(LabelKind.Multiclass, 3, 11))).Message);
        Assert.Contains("at most 200 features; got 201", Assert.Throws<ArgumentException>(() => new PriorFittedAdapterOptions().Create(new HeadShape(LabelKind.Binary, 201, 1))).Message);
    }

    [Fact]
    public void WhatNeedsLinearHeads_SaysWhy()
    {
        IDataView training = View(ShopRow.Draw(0, 4, 20));
        ITransformer model = Regression().Fit(training);
        Assert.Contains("RefinementSteps", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().Adapt(model, training, new AdaptationOptions { RefinementSteps = 1 })).Message);
        using var stream = new MemoryStream();
        Assert.Contains("linear heads", Assert.Throws<NotSupportedException>(() => _ml.Model.ConvertToOnnx(model, training, stream)).Message);
    }

    private IDataView View(ShopRow[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private IEstimator<ITransformer> Binary() => _ml.BinaryClassification.Trainers.MetaLearner(Options("Answer", new PriorFittedAdapterOptions()));

    private IEstimator<ITransformer> Multiclass() => Keyed(Options("Key", new PriorFittedAdapterOptions()));

    private IEstimator<ITransformer> Keyed(MetaLearnerOptions options) => _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(_ml.MulticlassClassification.Trainers.MetaLearner(options), TransformerScope.Everything);

    private IEstimator<ITransformer> Regression() => Regression(new PriorFittedAdapterOptions());

    private IEstimator<ITransformer> Regression(AdapterOptions adapter) => _ml.Regression.Trainers.MetaLearner(Options("Value", adapter));

    private static MetaLearnerOptions Options(string label, AdapterOptions adapter) => new() { LabelColumnName = label, TaskColumnName = "Task", Encoder = new IdentityEncoderOptions(), Adapter = adapter };

    private ITransformer Loaded(ITransformer model, IDataView input)
    {
        using var stream = new MemoryStream();
        _ml.Model.Save(model, input.Schema, stream);
        stream.Position = 0;
        return new MLContext(seed: 2).Model.Load(stream, out _);
    }

    private static float[] Scores(IDataView scored) => scored.Schema["Score"].Type is VectorDataViewType
        ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row)]
        : [.. scored.GetColumn<float>("Score"), .. scored.Schema.GetColumnOrNull("ScoreStandardDeviation") is null ? [] : scored.GetColumn<float>("ScoreStandardDeviation")];

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
