using MetaML.Data;
using MetaML.Encoders;
using MetaML.Encoders.Sparse;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>An encoder for sparse features, such as those of texts. The embedding has the features, hashed into fewer values, and a few directions that the heads of training tasks share.</summary>
/// <remarks>
/// Rare features have a larger weight, unless <see cref="EncoderOptions.StandardizeInputs"/> is false. The encoder is fitted in
/// closed form. The outer loop trains only the adapter, so that <see cref="EncoderOptions.IsFrozen"/> has no effect. Sources:
/// Weinberger et al., 2009, arXiv 0902.2206 (feature hashing); Ando and Zhang, A Framework for Learning Predictive Structures from
/// Multiple Tasks and Unlabeled Data, JMLR 6, 2005 (shared directions).
/// </remarks>
[SavedName("sparse")]
public sealed record SparseEncoderOptions : EncoderOptions
{
    /// <summary>Number of values that the features are hashed into. If there are no more features than this, they are not hashed.</summary>
    /// <value>At least 1; default 2048. With a larger number, fewer features collide, but adapted heads are larger.</value>
    public int SketchDimension { get; set; } = 2048;

    /// <summary>The largest number of shared directions.</summary>
    /// <value>At least 0, for none; default 128. There are at most as many directions as heads of training tasks, which have one head for each class.</value>
    public int StructureDimension { get; set; } = 128;

    /// <summary>β, the additional weight of shared directions.</summary>
    /// <value>Positive; default 10.</value>
    public double StructureWeight { get; set; } = 10;

    /// <summary>λ, the ridge penalty of the heads from which the shared directions are computed.</summary>
    /// <value>Positive; default 1, for rows of length 1.</value>
    public double StructurePenalty { get; set; } = 1;

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new SparseEncoder(featureCount, this);

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => false;

    internal override bool EmbedsAlike => true;

    internal override bool IsFitted => true;

    internal override FeatureScaling? Scaling(MeasuredFeatures features) => StandardizeInputs ? features.ByRarity : null;

    internal override void FitParameters(IReadOnlyList<ParameterArray> values, IEnumerable<TaskSet> problems, FeatureScaling? scaling, Random random, Func<bool> endsNow)
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
