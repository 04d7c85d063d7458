using Microsoft.ML;

namespace MetaML.TestKit;

/// <summary>Files of small models, for every kind of model and every form of saving.</summary>
internal static class SavedModels
{
    private static readonly TrainerCase s_binary = new("binary", "Answer"), s_multiclass = new("multiclass", "Key"), s_regression = new("regression", "Value");

    /// <summary>The files by name.</summary>
    public static IReadOnlyList<(string Name, byte[] File)> All() =>
    [
        ("binary", Save(s_binary, (ml, rows) => s_binary.Trainer(ml, Tiny(s_binary, new PrototypeAdapterOptions())).Fit(rows))),
        ("binary chain", Save(s_binary, (ml, rows) => s_binary.Pipeline(ml, Tiny(s_binary, new RidgeAdapterOptions())).Fit(rows))),
        ("multiclass", Save(s_multiclass, (ml, rows) => s_multiclass.Trainer(ml, Tiny(s_multiclass, new GradientAdapterOptions())).Fit(rows))),
        ("multiclass chain", Save(s_multiclass, (ml, rows) => ml.Transforms.ReplaceMissingValues("Features")
            .Append(ml.Transforms.Concatenate("Features", "Features", "Value")).Append(ml.Transforms.Conversion.MapValueToKey("Number", "Weight"))
            .Append(s_multiclass.Pipeline(ml, Tiny(s_multiclass, new RidgeAdapterOptions()))).Append(ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel")).Fit(rows))),
        ("regression", Save(s_regression, (ml, rows) => s_regression.Trainer(ml, Bayesian(s_regression)).Fit(rows))),
        ("noise per task", Save(s_regression, (ml, rows) => s_regression.Trainer(ml, s_regression.Options(new BayesianAdapterOptions { Noise = PriorNoise.PerTask }) with { Encoder = new IdentityEncoderOptions() }).Fit(rows))),
        ("statistics", Save(s_regression, (ml, rows) => s_regression.Trainer(ml, Bayesian(s_regression) with { KeepStatistics = true }).Fit(rows))),
        ("multi-output", Save(s_multiclass, (ml, rows) => ml.MetaLearning().MultiOutput(new MultiOutputOptions
        {
            Outputs = [new("Answer"), new("Key"), new("Value")],
            TaskColumnName = "Task",
            Encoder = new MlpEncoderOptions { HiddenUnits = [4], EmbeddingDimension = 3 },
            MaximumNumberOfIterations = 0,
        }).Fit(rows))),
        ("encoder", Save(s_binary, (ml, rows) => ml.MetaLearning().SharedEncoder(s_binary.Trainer(ml, Tiny(s_binary, new RidgeAdapterOptions())).Fit(rows)).Fit(rows))),
        ("ensemble", Save(s_regression, (ml, rows) => ml.MetaLearning().Ensemble(
            [s_regression.Trainer(ml, Tiny(s_regression, new RidgeAdapterOptions())).Fit(rows), ml.Transforms.NormalizeMinMax("Features").Append(s_regression.Trainer(ml, Bayesian(s_regression))).Fit(rows)],
            [3, 1], "Task", new Dictionary<string, IReadOnlyList<double>> { ["task1"] = [0, 1] }))),
        ("pooled score", Save(s_regression, (ml, rows) => ml.MetaLearning().PooledScore(s_regression.Trainer(ml, Tiny(s_regression, new RidgeAdapterOptions())), folds: 2)
            .Append(ml.Transforms.Concatenate("Features", "Features", "PooledScore")).Append(s_regression.Trainer(ml, Bayesian(s_regression))).Fit(rows))),
        ("text", Save(s_regression, (ml, rows) => ml.Transforms.Text.FeaturizeText("Features", "Class").Append(s_regression.Trainer(ml, Tiny(s_regression, new RidgeAdapterOptions()))).Fit(rows))),
    ];

    /// <summary>Saves a model with ml.Model.Save.</summary>
    public static byte[] Save(MLContext ml, ITransformer model, DataViewSchema? schema)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    private static byte[] Save(TrainerCase trainer, Func<MLContext, IDataView, ITransformer> fit)
    {
        MLContext ml = TrainerCase.NewContext();
        IDataView rows = trainer.Data(ml, Some.Tasks(4, 12)); // multiclass rows also give the schema a key with values
        return Save(ml, fit(ml, rows), rows.Schema);
    }

    private static MetaLearnerOptions Tiny(TrainerCase trainer, AdapterOptions adapter) =>
        trainer.Options(adapter, iterations: 0) with { Encoder = new MlpEncoderOptions { HiddenUnits = [4], EmbeddingDimension = 3 } };

    private static MetaLearnerOptions Bayesian(TrainerCase trainer) => trainer.Options(new BayesianAdapterOptions { Covariance = PriorCovariance.Full }) with { Encoder = new IdentityEncoderOptions() };
}
