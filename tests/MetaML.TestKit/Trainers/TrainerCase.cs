using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A trainer with its label column, and a trainer of ML.NET for comparison.</summary>
public sealed record TrainerCase(string Name, string Label, AdapterOptions? Adapter = null)
{
    public bool IsMulticlass => Label == "Key";

    internal static MLContext NewContext() => new(seed: 1);

    /// <summary>Options for a small and fast training.</summary>
    internal MetaLearnerOptions Options(AdapterOptions? adapter = null, int iterations = 40) => new()
    {
        LabelColumnName = Label,
        Adapter = adapter ?? Adapter ?? new RidgeAdapterOptions(),
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 },
        MaximumNumberOfIterations = iterations,
    };

    internal IEstimator<MetaLearnerTransformer> Trainer(MLContext ml, MetaLearnerOptions? options = null) => Label switch
    {
        "Answer" => ml.BinaryClassification.Trainers.MetaLearner(options ?? Options()),
        "Key" => ml.MulticlassClassification.Trainers.MetaLearner(options ?? Options()),
        _ => ml.Regression.Trainers.MetaLearner(options ?? Options()),
    };

    /// <summary>The trainer in a chain after a normaliser and, for classes, a value-to-key mapping.</summary>
    internal EstimatorChain<MetaLearnerTransformer> Pipeline(MLContext ml, MetaLearnerOptions? options = null)
    {
        IEstimator<ITransformer> front = ml.Transforms.NormalizeMinMax("Features");
        if (IsMulticlass)
            front = ml.Transforms.Conversion.MapValueToKey("Key", "Class").Append(front);
        return front.Append(Trainer(ml, options));
    }

    internal IEstimator<ITransformer> OwnTrainer(MLContext ml) => Label switch
    {
        "Answer" => ml.BinaryClassification.Trainers.LbfgsLogisticRegression(Label),
        "Key" => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(Label),
        _ => ml.Regression.Trainers.LbfgsPoissonRegression(Label),
    };

    /// <summary>Rows with the key column that the trainer needs outside a chain.</summary>
    internal IDataView Data(MLContext ml, IEnumerable<TaskRow> rows, SchemaDefinition? schema = null)
    {
        IDataView data = ml.Data.LoadFromEnumerable(rows, schema);
        return IsMulticlass ? ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(data).Transform(data) : data;
    }

    public override string ToString() => Name;
}
