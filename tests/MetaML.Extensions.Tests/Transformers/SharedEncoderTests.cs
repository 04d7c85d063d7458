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
        Assert.Equal(learned.Model.CreateScorer().Embed(new MetaML.Tasks.FeatureRow(rows[0].Features)).ToArray(), embeddings[0]);
        Assert.All(embeddings[1], value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void SharedEncoder_WhatDoesNotFit_SaysWhy()
    {
        ITransformer stranger = _ml.Transforms.NormalizeMinMax("Features").Fit(View(Some.Tasks(1)));
        Assert.Contains("must be a meta-learner", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().SharedEncoder(stranger)).Message);
        MetaLearnerTransformer learned = _binary.Trainer(_ml).Fit(View(Some.Tasks()));
        Assert.Contains("feature column 'Weight'", Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().SharedEncoder(learned, featureColumnName: "Weight").Fit(View(Some.Tasks(1)))).Message);
    }

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);
}
