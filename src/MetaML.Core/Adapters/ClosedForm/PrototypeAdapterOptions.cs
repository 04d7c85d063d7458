using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Options;

namespace MetaML;

/// <summary>Prototypes: a class's score is the negative squared distance to its mean embedding, times a meta-learned temperature.</summary>
/// <remarks>For binary and multiclass labels. Source: Snell et al., Prototypical Networks for Few-shot Learning, 2017, arXiv 1703.05175.</remarks>
[SavedName("prototype")]
public sealed record PrototypeAdapterOptions : AdapterOptions
{
    private const int MostDimensions = 4096;

    /// <summary>
    /// Whether scores take account of the covariances of embeddings, within classes and between classes, over the training tasks.
    /// Directions in which rows of one class differ then count less, and so do prototypes of few rows.
    /// </summary>
    /// <value>
    /// Default false. It has an effect only if tasks have classes of their own, or <see cref="EpisodeOptions.Ways"/> is set. It must be false if an
    /// embedding has more than 4,096 values.
    /// </value>
    /// <remarks>
    /// The steps of training are the same; the covariances are computed after them, with libtorch, from at least two rows of a class. They do not
    /// depend on example weights. The model becomes larger by the square of the number of values of an embedding.
    /// Source: Ioffe, Probabilistic Linear Discriminant Analysis, 2006.
    /// </remarks>
    public bool UsesCovariances { get; set; }

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape)
    {
        if (!UsesCovariances || shape.Kind != LabelKind.Multiclass || shape.HasCommonOutputs)
            return new PrototypeAdapter(shape);
        if (shape.EmbeddingDimension > MostDimensions)
            throw OptionCheck.Error(this, nameof(UsesCovariances), $"false if an embedding has more than {MostDimensions} values", $"true with {shape.EmbeddingDimension} values", "A covariance is the square of an embedding.", "Set it to false, or use an encoder with smaller embeddings.");
        return new DiscriminantPrototypeAdapter(shape);
    }

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        if (kind == LabelKind.Regression)
            throw new ArgumentException("PrototypeAdapterOptions must be used with classes; got regression labels. A prototype is the mean of a class. Use RidgeAdapterOptions or GradientAdapterOptions.");
    }
}
