using MetaML.Data;
using MetaML.Encoders;
using MetaML.Encoders.Kernel;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>An encoder for smooth functions of a few dense features: the features, and the features of a Gaussian process whose length scales are learned from all tasks.</summary>
/// <remarks>
/// <para>A linear head on the embedding is a Gaussian process with the kernel exp(−½ Σ ((xⱼ − x′ⱼ)/ℓⱼ)²) at a limited rank, plus a linear function. A feature
/// that matters little gets a large ℓⱼ. The length scales maximise the marginal likelihood of up to 400 rows of the training tasks, so
/// that the encoder is fitted in seconds without gradients of the outer loop and without the native library. <see cref="EncoderOptions.IsFrozen"/> has no effect.</para>
/// <para>It is more accurate than a network if there are a few hundred to a few thousand rows and the function is smooth. A network
/// is better if there are many rows, or if rows must be embedded very fast. Sources: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006 (length scales by
/// marginal likelihood, section 5.1); Williams and Seeger, Using the Nyström method to speed up kernel machines, 2001; Chen et al., Randomly pivoted Cholesky, 2022, arXiv 2207.06503 (the choice of landmarks).</para>
/// </remarks>
[SavedName("kernel")]
public sealed record KernelEncoderOptions : EncoderOptions
{
    /// <summary>The number of training rows whose kernels with a row are its features: the rank of the Gaussian process.</summary>
    /// <value>At least 1; default 100. The embedding has as many values, and one for each feature. Of fewer training rows, all are used.</value>
    public int LandmarkCount { get; set; } = 100;

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new KernelEncoder(featureCount, LandmarkCount);

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => false;

    internal override bool NeedsDense => true;

    internal override bool EmbedsAlike => true;

    internal override bool IsFitted => true;

    internal override void FitParameters(IReadOnlyList<ParameterArray> values, IEnumerable<TaskSet> problems, FeatureScaling? scaling, Random random, Func<bool> endsNow) =>
        KernelEncoder.Fit(values, [.. problems], scaling, LandmarkCount, random, endsNow);

    /// <inheritdoc/>
    public override void Validate() => OptionCheck.InRange(this, nameof(LandmarkCount), LandmarkCount, 1, 4096);
}
