using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

public sealed class SharedEncoderTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly TrainerCase _binary = new("binary", "Answer");

    [Fact]
    public void SharedEncoder_InAPipeline_CarriesAnyTrainerAndIsSaved()
    {
        ITransformer learned = _binary.Pipeline(_ml, _binary.Options(iterations: 200)).Fit(View(Some.Tasks()));
        List<TaskRow> rows = Some.Tasks(1, 60, firstTask: 40);
        var pipeline = _ml.Transforms.NormalizeMinMax("Features")
            .Append(_ml.MetaLearning().SharedEncoder(learned))
            .Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer", "Embedding"));
        ITransformer model = pipeline.Fit(View(rows));
        IDataView scored = model.Transform(View(rows));
        Assert.Equal(6, ((VectorDataViewType)scored.Schema["Embedding"].Type).Size);
        Assert.True(_ml.BinaryClassification.Evaluate(scored, "Answer").Accuracy > 0.8);
        Assert.Equal([.. scored.GetColumn<float>("Score")], ScoringProcess.Scores(_ml, model, View(rows)));
    }

    [Fact]
    public void SharedEncoder_Embedding_IsThatOfTheModel()
    {
        MetaLearnerTransformer learned = _binary.Trainer(_ml).Fit(View(Some.Tasks()));
        List<TaskRow> rows = Some.Tasks(1);
        rows[1].Features[2] = float.NaN;
        float[][] embeddings = [.. _ml.MetaLearning().SharedEncoder(learned, "Shared").Fit(View(rows)).Transform(View(rows)).GetColumn<float[]>("Shared")];
        Assert.Equal(learned.Model.CreateScorer().Embed(new MetaML.Data.FeatureRow(rows[0].Features)).ToArray(), embeddings[0]);
        Assert.All(embeddings[1], value => Assert.True(float.IsNaN(value)));
    }

    [Theory]
    [InlineData("Answer")]
    [InlineData("Value")]
    public void SharedEncoder_LearnedFromLabelAndTask_IsTheMetaLearnersOwn(string label)
    {
        var trainer = new TrainerCase(label, label);
        IDataView data = View(Some.Tasks());
        float[][] Embeddings(IEstimator<SharedEncoderTransformer> estimator) => [.. estimator.Fit(data).Transform(data).GetColumn<float[]>("Embedding")];
        Assert.Equal(Embeddings(_ml.MetaLearning().SharedEncoder(trainer.Trainer(_ml).Fit(data))), Embeddings(_ml.MetaLearning().SharedEncoder(trainer.Options())));

        // The encoder in a pipeline, before a trainer of ML.NET.
        var pipeline = _ml.MetaLearning().SharedEncoder(trainer.Options(iterations: 200)).Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer", "Embedding"));
        ITransformer model = pipeline.Fit(data);
        Assert.True(_ml.BinaryClassification.Evaluate(model.Transform(data), "Answer").Accuracy > 0.7);
        Assert.Equal([.. model.Transform(data).GetColumn<float>("Score")], ScoringProcess.Scores(_ml, model, data));
    }

    [Theory]
    [InlineData(SelfSupervision.Contrastive)]
    [InlineData(SelfSupervision.Reconstruction)]
    public void SharedEncoder_LearnedFromFeaturesAlone_NeedsNoLabelOrTask(SelfSupervision objective)
    {
        IDataView data = View(Some.Tasks());
        IDataView features = _ml.Transforms.SelectColumns("Features").Fit(data).Transform(data);
        var options = new SelfSupervisedEncoderOptions { Objective = objective, MaximumNumberOfIterations = 50, Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 } };
        SharedEncoderTransformer encoder = _ml.MetaLearning().SharedEncoder(options, "Shared").Fit(features);
        Assert.Equal(6, encoder.EmbeddingDimension);
        ITransformer model = encoder.Append(_ml.Regression.Trainers.Sdca("Value", "Shared").Fit(encoder.Transform(data)));
        Assert.Equal([.. model.Transform(data).GetColumn<float>("Score")], ScoringProcess.Scores(_ml, model, data));
        SchemaShape promised = _ml.MetaLearning().SharedEncoder(options, "Shared").GetOutputSchema(SchemaShapes.Of(features.Schema));
        Assert.Contains(promised, column => column.Name == "Shared" && column.ItemType == NumberDataViewType.Single && column.Kind == SchemaShape.Column.VectorKind.Vector);
    }

    [Fact]
    public void SharedEncoder_WhatDoesNotFit_SaysWhy()
    {
        ITransformer stranger = _ml.Transforms.NormalizeMinMax("Features").Fit(View(Some.Tasks(1)));
        Assert.Contains("must be a meta-learner", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SharedEncoder(stranger)).Message);
        MetaLearnerTransformer learned = _binary.Trainer(_ml).Fit(View(Some.Tasks()));
        Assert.Contains("output column 'Task'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().SharedEncoder(_binary.Options() with { LabelColumnName = "Task" }).Fit(View(Some.Tasks()))).Message);
        Assert.Contains("feature column 'Nowhere'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().SharedEncoder(new SelfSupervisedEncoderOptions { FeatureColumnName = "Nowhere" }).Fit(View(Some.Tasks()))).Message);
        Assert.Contains("SelfSupervisedEncoderOptions.FeatureColumnName", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SharedEncoder(new SelfSupervisedEncoderOptions { FeatureColumnName = " " })).Message);
        Assert.Contains("feature column 'Weight'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().SharedEncoder(learned, featureColumnName: "Weight").Fit(View(Some.Tasks(1)))).Message);
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);
}
