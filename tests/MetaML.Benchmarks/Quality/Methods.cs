using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>Regression learners with settings that do not depend on the data set.</summary>
internal static class Methods
{
    public static (string Name, Func<MetaLearnerOptions> Options)[] MetaLearners { get; private set; } =
    [
        ("empirical Bayes, form chosen", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
        ("empirical Bayes, noise per task", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Noise = PriorNoise.PerTask } }),
        ("empirical Bayes, diagonal", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Diagonal } }),
        ("empirical Bayes, full", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Full } }),
        ("ridge towards a learned mean", () => new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
        ("nothing set: chosen by validation", () => new()),
        ("MLP + ridge", () => new() { Encoder = new MlpEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
        ("linear + MLP, Bayesian", () => new() { Encoder = new MlpEncoderOptions { LinearPath = true }, Adapter = new BayesianAdapterOptions() }),
        ("MLP + Bayesian", () => new() { Encoder = new MlpEncoderOptions(), Adapter = new BayesianAdapterOptions() }),
    ];

    /// <summary>Removes the methods whose names begin differently.</summary>
    public static void Only(string beginning) => MetaLearners = [.. MetaLearners.Where(method => method.Name.StartsWith(beginning, StringComparison.Ordinal))];

    /// <summary>The rows as a data view. Its feature vectors have a known size.</summary>
    public static IDataView View(MLContext ml, IReadOnlyList<RegressionRow> rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(RegressionRow));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    /// <summary>Scores of the rows, in their order.</summary>
    public static float[] Scores(ITransformer model, MLContext ml, IReadOnlyList<RegressionRow> rows) =>
        [.. model.Transform(View(ml, rows)).GetColumn<float>("Score")];

    /// <summary>Standard deviations of the labels about the scores; null if the model has no such column.</summary>
    public static float[]? Deviations(ITransformer model, MLContext ml, IReadOnlyList<RegressionRow> rows)
    {
        const string Column = "ScoreStandardDeviation";
        IDataView scored = model.Transform(View(ml, rows));
        return scored.Schema.GetColumnOrNull(Column) is null ? null : [.. scored.GetColumn<float>(Column)];
    }

    /// <summary>Root mean squared error.</summary>
    public static double RootMeanSquaredError(IReadOnlyList<RegressionRow> rows, float[] scores) =>
        Math.Sqrt(rows.Zip(scores).Average(pair => ((double)pair.First.Label - pair.Second) * ((double)pair.First.Label - pair.Second)));
}
