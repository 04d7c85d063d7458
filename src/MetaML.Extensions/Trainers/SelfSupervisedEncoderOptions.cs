using MetaML.Options;

namespace MetaML;

/// <summary>Options of a shared encoder that is learned from features without labels.</summary>
public sealed record SelfSupervisedEncoderOptions : SelfSupervisedOptions
{
    /// <summary>The feature column: a vector of Single of known size.</summary>
    /// <value>Default "Features".</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (string.IsNullOrWhiteSpace(FeatureColumnName))
            throw OptionCheck.Error(this, nameof(FeatureColumnName), "the name of a column", FeatureColumnName);
    }
}
