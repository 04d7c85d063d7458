using MetaML;
using MetaML.Extensions.Interop;

namespace Microsoft.ML;

/// <summary>Puts the meta-learning trainers and <see cref="MetaLearningCatalog"/> where ML.NET users look for them.</summary>
public static class MetaLearnerExtensions
{
    /// <summary>Adapts models to new tasks, and whatever else concerns tasks.</summary>
    /// <param name="mlContext">The context.</param>
    public static MetaLearningCatalog MetaLearning(this MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new MetaLearningCatalog(mlContext);
    }

    /// <summary>Learns to answer yes/no questions across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Boolean, or Single of 0, 1 and NaN where it is missing.</param>
    /// <param name="featureColumnName">The features: known-size vector of Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">Example weights: Single; or null.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    public static MetaLearnerTrainer MetaLearner(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Learns to answer yes/no questions across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static MetaLearnerTrainer MetaLearner(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnerTrainer(HostSettings.ContextOf(catalog), LabelKind.Binary, options);
    }

    /// <summary>Learns to tell classes apart across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: key.</param>
    /// <param name="featureColumnName">The features: known-size vector of Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">Example weights: Single; or null.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    public static MetaLearnerTrainer MetaLearner(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Learns to tell classes apart across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static MetaLearnerTrainer MetaLearner(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MetaLearnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnerTrainer(HostSettings.ContextOf(catalog), LabelKind.Multiclass, options);
    }

    /// <summary>Learns to predict values across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: known-size vector of Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="exampleWeightColumnName">Example weights: Single; or null.</param>
    /// <param name="maximumNumberOfIterations">The largest number of outer steps.</param>
    public static MetaLearnerTrainer MetaLearner(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null,
        int maximumNumberOfIterations = 1000) =>
        catalog.MetaLearner(Options(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName, maximumNumberOfIterations));

    /// <summary>Learns to predict values across tasks; see <see cref="MetaLearnerTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
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
