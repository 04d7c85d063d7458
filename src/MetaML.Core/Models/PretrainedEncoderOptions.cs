using MetaML.Data;
using MetaML.Encoders;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>The encoder of a trained model, to train on from there or, with <see cref="EncoderOptions.IsFrozen"/>, to use as it is with another adapter.</summary>
/// <remarks>
/// Its form, its parameters and its standardisation of features are the model's; <see cref="EncoderOptions.StandardizeInputs"/>
/// is not looked at. The new model holds them itself: it is saved and loaded without the old one.
/// </remarks>
public sealed record PretrainedEncoderOptions : EncoderOptions
{
    /// <summary>The model whose encoder is taken; of any kind of label.</summary>
    /// <value>Must be set, to a model of as many features as the rows have.</value>
    public MetaModel? Model { get; set; }

    internal override bool NeedsDense => Model!.EncoderOptions.NeedsDense;

    internal override EncoderOptions Saved => Model!.EncoderOptions with { IsFrozen = IsFrozen };

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount)
    {
        if (featureCount != Model!.FeatureCount)
            throw OptionCheck.Error(this, nameof(Model), $"a model of {featureCount} features, as the rows have", $"one of {Model.FeatureCount}", "Its encoder cannot read them.", "Make the features as the model's were made.");
        IReadOnlyList<ParameterArray> values = Model.EncoderValues;
        return new PresetEncoder(Model.EncoderOptions.Create(featureCount), (spec, i) => spec with { Initialize = _ => [.. values[i].Values] });
    }

    /// <inheritdoc/>
    public override void Validate() => OptionCheck.NotNull(this, nameof(Model), Model);

    internal override FeatureScaling? Scaling(MeasuredFeatures features) => Model!.Scaling;
}
