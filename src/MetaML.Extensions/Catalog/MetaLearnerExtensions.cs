using MetaML;
using MetaML.Extensions.Interop;

namespace Microsoft.ML;

/// <summary>Adds the meta-learning trainers to ML.NET's catalogs of trainers, and <see cref="MetaLearningCatalog"/> to the MLContext.</summary>
public static class MetaLearnerExtensions
{
    /// <summary>The catalog of operations on tasks: adaptation, evaluation, comparison, relatedness, persistence.</summary>
    /// <param name="mlContext">The context.</param>
    /// <example>
    /// <code>
    /// ITransformer adapted = ml.MetaLearning().Adapt(model, supportRows);
    /// Console.WriteLine(ml.MetaLearning().Describe(adapted));
    /// </code>
    /// </example>
    public static MetaLearningCatalog MetaLearning(this MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new MetaLearningCatalog(mlContext);
    }

    /// <summary>Creates a trainer that learns binary classification across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Boolean, or Single with the values 0, 1 and NaN (missing).</param>
    /// <param name="featureColumnName">The features: vector of Single of known size.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">The example weights: Single; null for equal weights.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket")
    ///     .Append(ml.BinaryClassification.Trainers.MetaLearner("Returns", taskColumnName: "Shop"));
    /// ITransformer fitted = pipeline.Fit(trainingTasks);
    /// </code>
    /// </example>
    public static MetaLearnerTrainer MetaLearner(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Creates a trainer that learns binary classification across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// <code>
    /// var trainer = ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
    /// {
    ///     LabelColumnName = "Returns",
    ///     TaskColumnName = "Shop",
    ///     Encoder = new MlpEncoderOptions { HiddenUnits = [64] },
    ///     Adapter = new LogisticAdapterOptions(),
    /// });
    /// </code>
    /// </example>
    public static MetaLearnerTrainer MetaLearner(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnerTrainer(HostSettings.ContextOf(catalog), LabelKind.Binary, options);
    }

    /// <summary>Creates a trainer that learns multiclass classification across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: key.</param>
    /// <param name="featureColumnName">The features: vector of Single of known size.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">The example weights: Single; null for equal weights.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", "Intent")
    ///     .Append(ml.MulticlassClassification.Trainers.MetaLearner(taskColumnName: "Shop"))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    /// ITransformer fitted = pipeline.Fit(trainingTasks);
    /// </code>
    /// </example>
    public static MetaLearnerTrainer MetaLearner(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Creates a trainer that learns multiclass classification across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// This trainer draws its tasks from one pool of classes.
    /// <code>
    /// var trainer = ml.MulticlassClassification.Trainers.MetaLearner(new MetaLearnerOptions
    /// {
    ///     TaskColumnName = null,
    ///     Episodes = new EpisodeOptions { Ways = 5, Shots = 1 },
    /// });
    /// </code>
    /// </example>
    public static MetaLearnerTrainer MetaLearner(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnerTrainer(HostSettings.ContextOf(catalog), LabelKind.Multiclass, options);
    }

    /// <summary>Creates a trainer that learns regression across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: vector of Single of known size.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">The example weights: Single; null for equal weights.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price")
    ///     .Append(ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store"));
    /// IDataView scored = pipeline.Fit(trainingTasks).Transform(queryRows);
    /// var metrics = ml.Regression.Evaluate(scored, "Demand");
    /// </code>
    /// </example>
    public static MetaLearnerTrainer MetaLearner(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Creates a trainer that learns regression across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static MetaLearnerTrainer MetaLearner(this RegressionCatalog.RegressionTrainers catalog, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnerTrainer(HostSettings.ContextOf(catalog), LabelKind.Regression, options);
    }

    private static MetaLearnerOptions Options(string label, string features, string task, string? weight, int iterations) => new()
    {
        LabelColumnName = label,
        FeatureColumnName = features,
        TaskColumnName = task,
        ExampleWeightColumnName = weight,
        MaximumNumberOfIterations = iterations,
    };
}
