using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Consumer.Tests.Coexistence;

/// <summary>A pipeline with an ONNX model before the trainer. This step has a native session. All chains that Adapt returns share it.</summary>
public sealed class OnnxFeaturizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _training, _support, _query;
    private readonly TransformerChain<MetaLearnerTransformer> _model;

    public OnnxFeaturizerTests()
    {
        _training = _ml.Data.LoadFromEnumerable(Some.Tasks(tasks: 8, rows: 20));
        _support = _ml.Data.LoadFromEnumerable(Some.Tasks(tasks: 1, rows: 12, firstTask: 50));
        _query = _ml.Data.LoadFromEnumerable(Some.Tasks(tasks: 1, rows: 40, firstTask: 50));
        OnnxModel.Write(_folder["featurizer.onnx"], "Features", "Embedding", Weights());
        _model = Pipeline(_ml.Transforms.ApplyOnnxModel("Embedding", "Features", _folder["featurizer.onnx"])).Fit(_training);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Features_OfOnnx_AreThoseOfTheSameFormula()
    {
        float[,] weights = Weights();
        float[][] features = [.. _query.GetColumn<float[]>("Features")];
        float[][] embeddings = [.. _model.Transform(_query).GetColumn<float[]>("Embedding")];
        Assert.All(features.Zip(embeddings), row =>
        {
            for (int j = 0; j < row.Second.Length; j++)
                Assert.Equal(Math.Tanh(row.First.Select((x, i) => x * (double)weights[i, j]).Sum()), row.Second[j], 1e-5);
        });
    }

    [Fact]
    public void Adapted_SavedAndLoadedWithoutTheFile_ScoresAlike()
    {
        ITransformer adapted = _ml.MetaLearning().Adapt(_model, _support);
        float[] expected = Scores(adapted);
        Assert.NotEqual(Scores(_model), expected);

        _ml.Model.Save(adapted, _training.Schema, _folder["model.zip"]);
        File.Delete(_folder["featurizer.onnx"]);
        ITransformer loaded = new MLContext().Model.Load(_folder["model.zip"], out _);
        Assert.Equal(expected, Scores(loaded));
        Assert.Equal(expected, Scores(_ml.MetaLearning().Adapt(loaded, _support)));
    }

    [Fact]
    public void PredictionEngines_EachDisposed_LeaveTheOtherChainsAlone()
    {
        ITransformer first = _ml.MetaLearning().Adapt(_model, _support);
        ITransformer second = _ml.MetaLearning().Adapt(first, _ml.Data.LoadFromEnumerable(Some.Tasks(tasks: 1, rows: 12, firstTask: 51)));
        float[] expected = Scores(first);

        Assert.Equal(expected, EngineScores(first));
        Assert.Equal(expected, EngineScores(first)); // the first engine has disposed its chain
        Assert.Equal(expected, EngineScores(second));
        Assert.Equal(Scores(_model), EngineScores(_model)); // this engine disposes the session that Fit created
        Assert.Equal(expected, Scores(first));
        Assert.Equal(expected, Scores(_ml.MetaLearning().Adapt(first, _support)));
    }

    [Fact]
    public void Adapt_AfterTheModelIsDisposed_StillHasTheFeaturizerOfEarlierChains()
    {
        ITransformer adapted = _ml.MetaLearning().Adapt(_model, _support);
        float[] expected = Scores(adapted);
        _model.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(expected, Scores(adapted));
    }

    private EstimatorChain<MetaLearnerTransformer> Pipeline(IEstimator<ITransformer> front) => front.Append(_ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = "Answer",
        FeatureColumnName = "Embedding",
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 },
        MaximumNumberOfIterations = 40,
    }));

    private float[] Scores(ITransformer model) => [.. model.Transform(_query).GetColumn<float>("Score")];

    private float[] EngineScores(ITransformer model)
    {
        using PredictionEngine<TaskRow, Prediction> engine = _ml.Model.CreatePredictionEngine<TaskRow, Prediction>(model);
        return [.. Some.Tasks(tasks: 1, rows: 40, firstTask: 50).Select(row => engine.Predict(row).Score)];
    }

    private static float[,] Weights()
    {
        var random = new Random(7);
        var weights = new float[TaskRow.FeatureCount, 8];
        for (int i = 0; i < weights.GetLength(0); i++)
        {
            for (int j = 0; j < weights.GetLength(1); j++)
                weights[i, j] = (float)(2 * random.NextDouble() - 1);
        }

        return weights;
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
