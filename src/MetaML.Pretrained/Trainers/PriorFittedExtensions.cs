using MetaML;
using MetaML.Extensions.Interop;

namespace Microsoft.ML;

/// <summary>Adds the prior-fitted trainers to ML.NET's catalogs of trainers.</summary>
public static class PriorFittedExtensions
{
    /// <summary>Creates a trainer of binary classification for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Boolean, or Single with the values 0, 1 and NaN (missing).</param>
    /// <param name="featureColumnName">The features: vector of Single of known size. NaN is a missing value.</param>
    /// <param name="numberOfViews">The number of views that are averaged.</param>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket")
    ///     .Append(ml.BinaryClassification.Trainers.PriorFitted("Returns"));
    /// ITransformer model = pipeline.Fit(supportRows);
    /// </code>
    /// </example>
    public static PriorFittedTrainer PriorFitted(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features", int numberOfViews = 4) =>
        catalog.PriorFitted(Options(labelColumnName, featureColumnName, numberOfViews));

    /// <summary>Creates a trainer of binary classification for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static PriorFittedTrainer PriorFitted(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, PriorFittedOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PriorFittedTrainer(HostSettings.ContextOf(catalog), LabelKind.Binary, options);
    }

    /// <summary>Creates a trainer of multiclass classification for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: key of at most 10 values.</param>
    /// <param name="featureColumnName">The features: vector of Single of known size. NaN is a missing value.</param>
    /// <param name="numberOfViews">The number of views that are averaged.</param>
    public static PriorFittedTrainer PriorFitted(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features", int numberOfViews = 4) =>
        catalog.PriorFitted(Options(labelColumnName, featureColumnName, numberOfViews));

    /// <summary>Creates a trainer of multiclass classification for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static PriorFittedTrainer PriorFitted(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, PriorFittedOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PriorFittedTrainer(HostSettings.ContextOf(catalog), LabelKind.Multiclass, options);
    }

    /// <summary>Creates a trainer of regression for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label: Single.</param>
    /// <param name="featureColumnName">The features: vector of Single of known size. NaN is a missing value.</param>
    /// <param name="numberOfViews">The number of views that are averaged.</param>
    public static PriorFittedTrainer PriorFitted(
        this RegressionCatalog.RegressionTrainers catalog, string labelColumnName = "Label", string featureColumnName = "Features", int numberOfViews = 4) =>
        catalog.PriorFitted(Options(labelColumnName, featureColumnName, numberOfViews));

    /// <summary>Creates a trainer of regression for a small table; see <see cref="PriorFittedTrainer"/>.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static PriorFittedTrainer PriorFitted(this RegressionCatalog.RegressionTrainers catalog, PriorFittedOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PriorFittedTrainer(HostSettings.ContextOf(catalog), LabelKind.Regression, options);
    }

    private static PriorFittedOptions Options(string label, string features, int views) => new() { LabelColumnName = label, FeatureColumnName = features, NumberOfViews = views };
}
