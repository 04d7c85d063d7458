using Microsoft.ML;
using Microsoft.ML.Trainers.LightGbm;

namespace MetaML.Benchmarks.Speed;

/// <summary>A meta-learner, and models of ML.NET's own trainers on the same rows. Their quality does not matter here, so that training is short.</summary>
/// <param name="ml">The context.</param>
internal sealed class ScoredModels(MLContext ml)
{
    public const int Tasks = 100;

    public IDataView Training { get; } = ml.Data.LoadFromEnumerable(BinaryRow.Some(Tasks, 20_000));

    /// <summary>MLP 16-64-64-50 and ridge.</summary>
    public ITransformer MetaLearner() => ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [64, 64], EmbeddingDimension = 50 },
        Adapter = new RidgeAdapterOptions(),
        MaximumNumberOfIterations = 10,
        EarlyStopping = null,
    }).Fit(Training);

    public ITransformer Sdca() => ml.BinaryClassification.Trainers.SdcaLogisticRegression(maximumNumberOfIterations: 5).Fit(Training);

    /// <summary>100 trees.</summary>
    public ITransformer LightGbm() => ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options { NumberOfIterations = 100 }).Fit(Training);
}
