using MetaML.Options;

namespace MetaML;

/// <summary>The options of <see cref="PriorFittedTrainer"/>. The defaults are meant for all tables.</summary>
public sealed record PriorFittedOptions
{
    /// <summary>The label column.</summary>
    /// <value>Default "Label".</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The feature column: a vector of Single of known size.</summary>
    /// <value>Default "Features".</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>The number of views of the table whose predictions are averaged. Each view has another order of features and classes.</summary>
    /// <value>1 to 64; default 4. Time and memory are in proportion to it. With more than 16 features, each view has 16 of them, and more views help.</value>
    public int NumberOfViews { get; set; } = 4;

    /// <summary>The largest number of rows that a view reads. Of a larger table, each view draws its own rows.</summary>
    /// <value>10 to 10,000; default 1,000. The network was trained on tables of at most 500 rows.</value>
    public int MaximumNumberOfRows { get; set; } = 1_000;

    /// <summary>Whether a small network learns to imitate the network's predictions, and is kept in place of the rows and the network.</summary>
    /// <value>
    /// Default false. If true, a row takes microseconds, and the saved model a few kilobytes without any row of the table; Fit takes longer, there are at most 300
    /// features, and predictions are a little less accurate; see the model card.
    /// </value>
    public bool Distilled { get; set; }

    /// <summary>The seed of the views.</summary>
    /// <value>Null (default) for the seed of the MLContext.</value>
    public int? Seed { get; set; }

    internal void Validate()
    {
        OptionCheck.NotNull(this, nameof(LabelColumnName), LabelColumnName);
        OptionCheck.NotNull(this, nameof(FeatureColumnName), FeatureColumnName);
        OptionCheck.InRange(this, nameof(NumberOfViews), NumberOfViews, 1, 64);
        OptionCheck.InRange(this, nameof(MaximumNumberOfRows), MaximumNumberOfRows, 10, 10_000);
    }
}
