using System.Text.Json.Serialization;
using MetaML.Data;
using MetaML.Encoders;
using MetaML.Encoders.Images;
using MetaML.Options;

namespace MetaML;

/// <summary>A convolutional network for small images. Each block has a 3×3 convolution, group normalisation, a rectifier and 2×2 maximum pooling.</summary>
/// <remarks>
/// Features are the pixels of an image from ML.NET's ExtractPixels. The network is Conv-4 (Vinyals et al., 2016, arXiv 1606.04080),
/// with group normalisation (Wu and He, 2018, arXiv 1803.08494) instead of batch normalisation.
/// </remarks>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions
/// {
///     FeatureColumnName = "Pixels",
///     Encoder = new ConvolutionalEncoderOptions { Height = 28, Width = 28, Channels = 1, Filters = 32 },
///     Episodes = new EpisodeOptions { Ways = 5, Shots = 1 },
/// };
/// ITransformer trained = ml.MulticlassClassification.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
[SavedName("convolutional")]
public sealed record ConvolutionalEncoderOptions : EncoderOptions
{
    private const int DefaultViews = 10, DefaultMinimumSide = 3;
    private const double DefaultInkSpread = 0.25, EarlierInkSpread = 0.2; // the second is that of saved models from before the option

    /// <summary>Options with their defaults.</summary>
    public ConvolutionalEncoderOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private ConvolutionalEncoderOptions(ConvolutionalEncoderOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The height of an image, in pixels.</summary>
    /// <value>At least 1. Null (default) for the height in the shape of the feature column, or else a square image.</value>
    public int? Height { get; set; }

    /// <summary>The width of an image, in pixels.</summary>
    /// <value>At least 1. Null (default) for the width in the shape of the feature column, or else a square image.</value>
    public int? Width { get; set; }

    /// <summary>Number of values of a pixel.</summary>
    /// <value>At least 1. Null (default) for the number in the shape of the feature column, or else the one of 1 and 3 that gives a square image.</value>
    public int? Channels { get; set; }

    /// <summary>Whether the channels of a pixel are adjacent (interleavePixelColors of ExtractPixels). Otherwise each channel is a separate plane.</summary>
    /// <value>Default false.</value>
    public bool InterleavedChannels { get; set; }

    /// <summary>Number of blocks. Each halves height and width as long as both halves are at least <see cref="MinimumSide"/>.</summary>
    /// <value>From 1 to 8; default 4 (Conv-4).</value>
    public int Blocks { get; set; } = 4;

    /// <summary>The least height and width to which blocks reduce an image. The embedding has <see cref="Filters"/> values for each remaining pixel.</summary>
    /// <value>
    /// From 1 to 1,024; null (default) for 1 with the Bayesian adapter, which keeps the square of an embedding for each task, and 3 otherwise. Four blocks reduce 28×28 pixels
    /// to 3×3, and with 1 to a single one, which loses where the parts of the image are. Small images need 3 or more to be learned at all: the few values of one pixel are lost in their normalisation.
    /// </value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MinimumSide { get; set; }

    /// <summary>Number of filters of each block.</summary>
    /// <value>From 1 to 1,024, a multiple of <see cref="Groups"/>; default 64.</value>
    public int Filters { get; set; } = 64;

    /// <summary>Number of groups of filters. The filters of a group are normalised together, separately for each image, so that support and query do not affect each other.</summary>
    /// <value>At least 1; default 8.</value>
    public int Groups { get; set; } = 8;

    /// <summary>The random variation of images in training; null for none.</summary>
    /// <value>Default: shifts, rotations, changes of scale, and shears as those of handwriting.</value>
    public ImageAugmentation? Augmentation { get; set; } = new();

    /// <summary>Number of views of each image in adaptation and scoring. The embedding is the mean over the image and its variants by <see cref="Augmentation"/>. All images have the same variations.</summary>
    /// <value>
    /// From 1 to 64, or null (default) for 10 if the model is to tell new classes apart (<see cref="EpisodeOptions.Ways"/> is set, or each task has classes of its own),
    /// <see cref="Augmentation"/> is not null and the adapter takes no gradient steps; 1 otherwise. Numbers above 1 need <see cref="Augmentation"/>.
    /// </value>
    /// <remarks>The time of adaptation and scoring is proportional to the number. The time of training does not depend on it.</remarks>
    public int? Views { get; set; }

    /// <summary>Whether each image is normalised as a drawing: paper becomes 0 and ink 1, and the ink gets a common position and size (its centre of mass, and its standard deviation).</summary>
    /// <value>
    /// Null (default) for a choice from the training rows: true if the model is to tell new classes apart, and at least half of the pixels of an image are paper on average.
    /// A saved model contains the choice.
    /// </value>
    /// <remarks>
    /// The scores then do not depend on which of ink and paper is brighter, on the range of pixel values, or on the size and position of the
    /// drawing in the image. Ink is the minority of the pixels. The proportions of a drawing are kept. Set false if classes differ by size or position. The time is small beside that of the network.
    /// </remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? NormalizeDrawings { get; set; }

    /// <summary>The size of the ink of a normalised drawing: its standard deviation of position across or down, whichever is larger, as a share of the side of the image.</summary>
    /// <value>
    /// From 0.05 to 0.5; null (default) for 0.25. Ink that is evenly spread then covers 87 % of the side. With larger ink the network
    /// sees smaller parts of a drawing, but long strokes end outside the image. Without <see cref="NormalizeDrawings"/> it has no effect.
    /// </value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? InkSpread { get; set; }

    internal override bool StandardizesUniformly => true;

    internal override bool NeedsDense => true;

    internal override bool EmbedsAlike => Augmentation is null;

    internal override EncoderOptions InTraining => this with { Views = 1 };

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new ConvolutionalEncoder(featureCount, this);

    internal override DrawingNormalization? Drawings(int featureCount)
    {
        if (NormalizeDrawings != true)
            return null;
        ImageShape shape = ShapeOf(featureCount);
        return new DrawingNormalization(shape.Channels, shape.Height, shape.Width, InterleavedChannels, InkSpread ?? EarlierInkSpread);
    }

    internal override FeatureScaling? Scaling(MeasuredFeatures features) =>
        Drawings(features.Count) is { } drawings ? features.Drawings(drawings, StandardizeInputs) : base.Scaling(features);

    internal override EncoderOptions For(bool isForNewClasses, bool keepsCovariances, FeatureStore features) => this with
    {
        MinimumSide = MinimumSide ?? (keepsCovariances ? 1 : DefaultMinimumSide),
        Views = Views ?? (isForNewClasses && Augmentation is not null ? DefaultViews : 1),
        NormalizeDrawings = NormalizeDrawings ?? (isForNewClasses && DrawingNormalization.Fits(features)),
        InkSpread = InkSpread ?? DefaultInkSpread,
    };

    internal override EncoderOptions WithShape(IReadOnlyList<int> dimensions) => dimensions.Count != 3 || (Height ?? Width ?? Channels) is not null
        ? this
        : InterleavedChannels
            ? this with { Height = dimensions[0], Width = dimensions[1], Channels = dimensions[2] }
            : this with { Channels = dimensions[0], Height = dimensions[1], Width = dimensions[2] };

    /// <summary>The shape of an image with this number of features.</summary>
    /// <exception cref="ArgumentException">The options describe an image with another number of values.</exception>
    internal ImageShape ShapeOf(int featureCount)
    {
        foreach (int channels in Channels is { } given ? [given] : new[] { 1, 3 })
        {
            int pixels = featureCount / channels, side = (int)Math.Sqrt(pixels);
            int height = Height ?? (Width is { } width ? pixels / width : side);
            var shape = new ImageShape(channels, height, Width ?? (height > 0 ? pixels / height : 0));
            if (shape.Count == featureCount)
                return shape;
        }

        throw OptionCheck.Error(
            this,
            $"{nameof(Height)} · {nameof(Width)} · {nameof(Channels)}",
            $"the number of features, {featureCount}",
            $"{Height?.ToString() ?? "null"} · {Width?.ToString() ?? "null"} · {Channels?.ToString() ?? "null"}",
            "The features are not an image of this shape.",
            "Set all three to the values of the extracted pixels.");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        OptionCheck.AtLeast(this, nameof(Height), Height, 1);
        OptionCheck.AtLeast(this, nameof(Width), Width, 1);
        OptionCheck.AtLeast(this, nameof(Channels), Channels, 1);
        OptionCheck.InRange(this, nameof(Blocks), Blocks, 1, 8);
        OptionCheck.InRange(this, nameof(MinimumSide), MinimumSide ?? 1, 1, 1024);
        OptionCheck.InRange(this, nameof(Filters), Filters, 1, 1024);
        OptionCheck.InRange(this, nameof(Groups), Groups, 1, 1024);
        OptionCheck.InRange(this, nameof(Views), Views ?? 1, 1, 64);
        OptionCheck.InRange(this, nameof(InkSpread), InkSpread ?? DefaultInkSpread, 0.05, 0.5);
        Augmentation?.Validate();
        if (Filters % Groups != 0)
            throw OptionCheck.Error(this, nameof(Filters), $"a multiple of Groups, {Groups}", Filters);
        if (Views > 1 && Augmentation is null)
            throw OptionCheck.Error(this, nameof(Views), "1 if Augmentation is null", Views, "Without augmentation all views are equal.", "Set Augmentation.");
    }
}
