using MetaML.Data;
using MetaML.Encoders;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>The encoder of a trained model. Training continues from its parameters, or keeps them if <see cref="EncoderOptions.IsFrozen"/> is true.</summary>
/// <remarks>
/// The encoder's form, its parameters and the scaling of features come from the model; <see cref="EncoderOptions.StandardizeInputs"/>
/// has no effect. The new model contains copies of them, so that saving and loading do not need the old model.
/// </remarks>
public sealed record PretrainedEncoderOptions : EncoderOptions
{
    /// <summary>The model with the encoder, for any kind of label.</summary>
    /// <value>Required. Its number of features must be that of the rows.</value>
    public MetaModel? Model { get; set; }

    internal override bool NeedsDense => Model!.EncoderOptions.NeedsDense;

    internal override EncoderOptions Saved => Model!.EncoderOptions with { IsFrozen = IsFrozen };

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount)
    {
        if (featureCount != Model!.FeatureCount)
            throw OptionCheck.Error(this, nameof(Model), $"a model of {featureCount} features, as the rows have", $"one of {Model.FeatureCount}", "Its encoder cannot read them.", "Use the features that the model was trained on.");
        IReadOnlyList<ParameterArray> values = Model.EncoderValues;
        return new PresetEncoder(Model.EncoderOptions.Create(featureCount), (spec, i) => spec with { Initialize = _ => [.. values[i].Values] });
    }

    /// <inheritdoc/>
    public override void Validate() => OptionCheck.NotNull(this, nameof(Model), Model);

    internal override FeatureScaling? Scaling(MeasuredFeatures features) => Model!.Scaling;
}
