using MetaML.Data;
using MetaML.Encoders;
using MetaML.Encoders.Sparse;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>For sparse features such as those of texts: the features themselves, hashed into fewer values, beside a few directions that the training tasks have in common. See <see cref="SparseEncoder"/>.</summary>
/// <remarks>
/// Features are weighted by their rarity, unless <see cref="EncoderOptions.StandardizeInputs"/> is false. Fitted in closed form;
/// the outer loop learns the adapter alone, so that <see cref="EncoderOptions.IsFrozen"/> changes nothing.
/// </remarks>
[SavedName("sparse")]
public sealed record SparseEncoderOptions : EncoderOptions
{
    /// <summary>Number of values that the features are hashed into; with as many features or fewer, they are kept as they are.</summary>
    /// <value>At least 1; default 2048. The more, the less unlike features disturb each other; adapted heads grow with it.</value>
    public int SketchDimension { get; set; } = 2048;

    /// <summary>The largest number of directions that the tasks have in common.</summary>
    /// <value>At least 0, for none; default 128. There are no more of them than heads of training tasks, one for each class.</value>
    public int StructureDimension { get; set; } = 128;

    /// <summary>How much more a common direction counts than the others: β.</summary>
    /// <value>Positive; default 10.</value>
    public double StructureWeight { get; set; } = 10;

    /// <summary>Penalty of the heads that the common directions are taken from: λ.</summary>
    /// <value>Positive; default 1, for rows of length 1.</value>
    public double StructurePenalty { get; set; } = 1;

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new SparseEncoder(featureCount, this);

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => false;

    internal override bool EmbedsAlike => true;

    internal override FeatureScaling? Scaling(MeasuredFeatures features) => StandardizeInputs ? features.ByRarity : null;

    internal override void FitParameters(IReadOnlyList<ParameterArray> values, IEnumerable<TaskSet> problems, FeatureScaling? scaling, Random random)
    {
        if (StructureDimension > 0)
            new SharedStructure([.. problems], scaling, StructurePenalty).Fit(values[^1].Values, StructureDimension, Math.Sqrt(StructureWeight), random);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        OptionCheck.InRange(this, nameof(SketchDimension), SketchDimension, 1, 65_536);
        OptionCheck.InRange(this, nameof(StructureDimension), StructureDimension, 0, 65_536);
        OptionCheck.Positive(this, nameof(StructureWeight), StructureWeight);
        OptionCheck.Positive(this, nameof(StructurePenalty), StructurePenalty);
    }
}
