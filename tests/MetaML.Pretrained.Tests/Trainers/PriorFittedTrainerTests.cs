using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using MetaML.Pretrained.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Pretrained.Tests.Trainers;

public sealed class PriorFittedTrainerTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_Binary_LearnsFromFiftyRows()
    {
        var metrics = _ml.BinaryClassification.Evaluate(Binary().Fit(Rows(50)).Transform(Rows(300, seed: 2)), "Answer");
        Assert.True(metrics.AreaUnderRocCurve > 0.93, $"AUC {metrics.AreaUnderRocCurve}");
        Assert.True(metrics.LogLoss < 0.6, $"log-loss {metrics.LogLoss} bits");
    }

    [Fact]
    public void Fit_Multiclass_LearnsAndNamesClasses()
    {
        ITransformer model = Multiclass().Fit(Rows(80));
        IDataView scored = model.Transform(Rows(300, seed: 2));
        var metrics = _ml.MulticlassClassification.Evaluate(scored, "Key");
        Assert.True(metrics.MicroAccuracy > 0.75, $"accuracy {metrics.MicroAccuracy}");
        Assert.All(scored.GetColumn<float[]>("Score"), row => Assert.Equal(1, row.Sum(), 1e-5));
        Assert.Contains("middle", scored.GetColumn<string>("Name"));
    }

    [Fact]
    public void Fit_Regression_LearnsWithDeviations()
    {
        IDataView scored = Regression().Fit(Rows(80)).Transform(Rows(300, seed: 2));
        var metrics = _ml.Regression.Evaluate(scored, "Value");
        Assert.True(metrics.RSquared > 0.85, $"R² {metrics.RSquared}");
        double covered = scored.GetColumn<float>("Value").Zip(scored.GetColumn<float>("Score"), scored.GetColumn<float>("ScoreStandardDeviation"))
            .Average(row => Math.Abs(row.First - row.Second) < 2 * row.Third ? 1.0 : 0);
        Assert.InRange(covered, 0.85, 1);
    }

    [Fact]
    public void Fit_MissingValues_AreAllowed()
    {
        PatientRow[] rows = PatientRow.Draw(80);
        for (int i = 0; i < rows.Length; i += 3)
            rows[i].Features[i % 3] = float.NaN;
        ITransformer model = Binary().Fit(_ml.Data.LoadFromEnumerable(rows));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(rows));
        Assert.All(scored.GetColumn<float>("Probability"), value => Assert.InRange(value, 0, 1));
        Assert.True(_ml.BinaryClassification.Evaluate(scored, "Answer").AreaUnderRocCurve > 0.85);
    }

    [Fact]
    public void SaveLoad_EachKind_ScoresToTheSameBits()
    {
        foreach (IEstimator<ITransformer> pipeline in new[] { Binary(), Multiclass(), Regression() })
        {
            PatientRow[] rows = PatientRow.Draw(30);
            rows[3].Features[1] = float.NaN;
            IDataView data = _ml.Data.LoadFromEnumerable(rows), query = Rows(100, seed: 2);
            ITransformer model = pipeline.Fit(data);
            using var stream = new MemoryStream();
            _ml.Model.Save(model, data.Schema, stream);
            stream.Position = 0;
            ITransformer loaded = new MLContext(seed: 2).Model.Load(stream, out _);
            Assert.Equal(Scores(model.Transform(query)), Scores(loaded.Transform(query)));
        }
    }

    [Fact]
    public void Fit_Distilled_ImitatesTheNetworkInAFewKilobytesWithoutTheRows()
    {
        PatientRow[] rows = PatientRow.Draw(100);
        rows[7].Features[2] = float.NaN;
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(Rows(100)).Transform(_ml.Data.LoadFromEnumerable(rows)), query = Rows(300, seed: 2);
        (IEstimator<ITransformer> Network, IEstimator<ITransformer> Distilled)[] pairs =
        [
            (_ml.BinaryClassification.Trainers.PriorFitted("Answer"), _ml.BinaryClassification.Trainers.PriorFitted(new PriorFittedOptions { LabelColumnName = "Answer", Distilled = true })),
            (_ml.MulticlassClassification.Trainers.PriorFitted("Key"), _ml.MulticlassClassification.Trainers.PriorFitted(new PriorFittedOptions { LabelColumnName = "Key", Distilled = true })),
            (_ml.Regression.Trainers.PriorFitted("Value"), _ml.Regression.Trainers.PriorFitted(new PriorFittedOptions { LabelColumnName = "Value", Distilled = true })),
        ];
        foreach (var (network, distilled) in pairs)
        {
            ITransformer model = distilled.Fit(data);
            float[] expected = Predictions(network.Fit(data).Transform(query)), scores = Predictions(model.Transform(query));
            double mean = expected.Average(), error = expected.Zip(scores).Sum(pair => Math.Pow(pair.First - pair.Second, 2)), variance = expected.Sum(score => Math.Pow(score - mean, 2));
            Assert.True(error < 0.1 * variance, $"{error / variance} of the variance");
            using var stream = new MemoryStream();
            _ml.Model.Save(model, data.Schema, stream);
            Assert.InRange(stream.Length, 100, 8_000);
            stream.Position = 0;
            Assert.Equal(scores, Predictions(new MLContext(seed: 2).Model.Load(stream, out _).Transform(query)));
        }
    }

    [Fact]
    public void Fit_DistilledWithTooManyFeatures_SaysWhy()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(row => new Wide { Answer = row % 2 == 0 }));
        Assert.Contains("at most 300 features; got 301", Assert.Throws<ArgumentException>(() => _ml.BinaryClassification.Trainers.PriorFitted(new PriorFittedOptions { LabelColumnName = "Answer", Distilled = true }).Fit(data)).Message);
    }

    [Fact]
    public void PredictionEngine_AgreesWithTransform()
    {
        ITransformer model = Binary().Fit(Rows(30));
        PatientRow[] query = PatientRow.Draw(20, seed: 2);
        float[] expected = Scores(model.Transform(_ml.Data.LoadFromEnumerable(query)));
        using PredictionEngine<PatientRow, Prediction> engine = _ml.Model.CreatePredictionEngine<PatientRow, Prediction>(model);
        Assert.Equal(expected, query.Select(row => engine.Predict(row).Score));
    }

    [Fact]
    public void CrossValidate_AllKinds_Runs()
    {
        IDataView data = Rows(60);
        Assert.All(_ml.BinaryClassification.CrossValidate(data, Binary(), 3, "Answer"), fold => Assert.True(fold.Metrics.AreaUnderRocCurve > 0.8));
        Assert.All(_ml.MulticlassClassification.CrossValidate(data, Multiclass(), 3, "Key"), fold => Assert.True(fold.Metrics.MicroAccuracy > 0.5));
        Assert.All(_ml.Regression.CrossValidate(data, Regression(), 3, "Value"), fold => Assert.True(fold.Metrics.RSquared > 0.5));
    }

    [Fact]
    public void PermutationFeatureImportance_FindsTheFeaturesThatMatter()
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(PatientRow));
        VBuffer<ReadOnlyMemory<char>> names = new(3, ["age".AsMemory(), "pressure".AsMemory(), "noise".AsMemory()]);
        schema["Features"].AddAnnotation("SlotNames", names, new VectorDataViewType(TextDataViewType.Instance, 3));
        IDataView data = _ml.Data.LoadFromEnumerable(PatientRow.Draw(100), schema);
        ITransformer model = Binary().Fit(data);
        var importance = _ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated(model, data, "Answer");
        Assert.True(importance["age"].Accuracy.Mean < importance["noise"].Accuracy.Mean);
        Assert.True(importance["pressure"].Accuracy.Mean < importance["noise"].Accuracy.Mean);
    }

    [Fact]
    public void GetOutputSchema_Promise_IsWhatFitMakes()
    {
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(Rows(30)).Transform(Rows(30));
        IEstimator<ITransformer>[] trainers =
        [
            _ml.BinaryClassification.Trainers.PriorFitted("Answer"), _ml.MulticlassClassification.Trainers.PriorFitted("Key"), _ml.Regression.Trainers.PriorFitted("Value"),
        ];
        foreach (IEstimator<ITransformer> trainer in trainers)
        {
            string[] Of(SchemaShape shape) => [.. shape.Select(column => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}").Order()];
            Assert.Equal(Of(TestKit.SchemaShapes.Of(trainer.Fit(data).GetOutputSchema(data.Schema))), Of(trainer.GetOutputSchema(TestKit.SchemaShapes.Of(data.Schema))));
        }
    }

    [Fact]
    public void Fit_WhatCannotBeLearned_SaysWhy()
    {
        Assert.Contains("got none", Assert.Throws<InvalidOperationException>(() => _ml.BinaryClassification.Trainers.PriorFitted("Answer").Fit(Rows(0))).Message);
        Assert.Contains("no such column", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.BinaryClassification.Trainers.PriorFitted("Nowhere").Fit(Rows(10))).Message);
        PatientRow[] rows = PatientRow.Draw(20);
        for (int i = 0; i < rows.Length; i++)
            rows[i].Class = $"class {i % 11}";
        Assert.Contains("at most 10 classes; got 11", Assert.Throws<ArgumentException>(() => Multiclass().Fit(_ml.Data.LoadFromEnumerable(rows))).Message);
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(65, 1000)]
    [InlineData(4, 9)]
    [InlineData(4, 10_001)]
    public void PriorFitted_OptionOutsideItsRange_Throws(int views, int rows) =>
        Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.PriorFitted(new PriorFittedOptions { NumberOfViews = views, MaximumNumberOfRows = rows }));

    [Fact]
    public void Read_DamagedModel_Throws()
    {
        var table = new LabeledTable([1, float.NaN, 3, 4], 2, [0, 1], 2);
        using var stream = new MemoryStream();
        new PriorFittedModel(LabelKind.Binary, new PriorFittedTable(ShippedNetwork.OfPackage, table, views: 1, maximumRows: 10, seed: 1), isDistilled: false).Write(new BinaryWriter(stream));
        byte[] good = stream.ToArray();
        Assert.Equal(table.Features, ((FittedTable)Read(good).Predictor).Table.Features);
        foreach (int position in new[] { 0, 5, 9, 13, 17, good.Length - 1 }) // kind, classes, features, rows, views, weights
        {
            byte[] bad = [.. good];
            bad[position] = 0xEE;
            Assert.Throws<InvalidDataException>(() => Read(bad));
        }

        Assert.Throws<EndOfStreamException>(() => Read(good[..40]));
    }

    private static PriorFittedModel Read(byte[] bytes) => PriorFittedModel.Read(new BinaryReader(new MemoryStream(bytes)));

    private IDataView Rows(int count, int seed = 1) => _ml.Data.LoadFromEnumerable(PatientRow.Draw(count, seed));

    private IEstimator<ITransformer> Binary() => _ml.BinaryClassification.Trainers.PriorFitted("Answer", numberOfViews: 2);

    private IEstimator<ITransformer> Multiclass() => _ml.Transforms.Conversion.MapValueToKey("Key", "Class")
        .Append(_ml.MulticlassClassification.Trainers.PriorFitted("Key", numberOfViews: 2)).Append(_ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"));

    private IEstimator<ITransformer> Regression() => _ml.Regression.Trainers.PriorFitted("Value", numberOfViews: 2);

    private static float[] Predictions(IDataView scored) => scored.Schema.GetColumnOrNull("Probability") is null ? Scores(scored) : [.. scored.GetColumn<float>("Probability")];

    private static float[] Scores(IDataView scored) => scored.Schema["Score"].Type is VectorDataViewType
        ? [.. scored.GetColumn<float[]>("Score").SelectMany(row => row)]
        : [.. scored.GetColumn<float>("Score")];

    private sealed class Wide
    {
        [VectorType(301)]
        public float[] Features { get; set; } = new float[301];

        public bool Answer { get; set; }
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
