using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A trainer with its label column, and ML.NET's own trainer of the same kind to compare with.</summary>
public sealed record TrainerCase(string Name, string Label, AdapterOptions? Adapter = null)
{
    public bool IsMulticlass => Label == "Key";

    internal static MLContext NewContext() => new(seed: 1);

    /// <summary>Small and quick.</summary>
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

    /// <summary>The trainer in a chain: value-to-key in front where labels are classes, and a normaliser.</summary>
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

    /// <summary>Rows, with the key column that the bare trainer needs.</summary>
    internal IDataView Data(MLContext ml, IEnumerable<TaskRow> rows, SchemaDefinition? schema = null)
    {
        IDataView data = ml.Data.LoadFromEnumerable(rows, schema);
        return IsMulticlass ? ml.Transforms.Conversion.MapValueToKey("Key", "Class").Fit(data).Transform(data) : data;
    }

    public override string ToString() => Name;
}
