using MetaML.Encoders;
using MetaML.Encoders.Images;
using MetaML.Options;

namespace MetaML;

/// <summary>A convolutional network for small images: blocks of 3×3 convolution, group normalisation, rectifier and 2×2 maximum pooling.</summary>
/// <remarks>See <see cref="ConvolutionalEncoder"/>. Features are an image's pixels, as ML.NET's ExtractPixels gives them.</remarks>
[SavedName("convolutional")]
public sealed record ConvolutionalEncoderOptions : EncoderOptions
{
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

    /// <summary>Rows of pixels.</summary>
    /// <value>At least 1, or null (default): from the shape of the feature column, or square.</value>
    public int? Height { get; set; }

    /// <summary>Columns of pixels.</summary>
    /// <value>At least 1, or null (default): from the shape of the feature column, or square.</value>
    public int? Width { get; set; }

    /// <summary>Values of a pixel.</summary>
    /// <value>At least 1, or null (default): from the shape of the feature column, or 1 or 3, whichever makes the image square.</value>
    public int? Channels { get; set; }

    /// <summary>Whether a pixel's channels stand together (interleavePixelColors of ExtractPixels) rather than each channel as a plane.</summary>
    /// <value>Default false.</value>
    public bool InterleavedChannels { get; set; }

    /// <summary>Number of blocks; each halves height and width while both are at least 2.</summary>
    /// <value>From 1 to 8; default 4 (Conv-4).</value>
    public int Blocks { get; set; } = 4;

    /// <summary>Filters of each block.</summary>
    /// <value>From 1 to 1,024, a multiple of <see cref="Groups"/>; default 64.</value>
    public int Filters { get; set; } = 64;

    /// <summary>Groups of filters that are normalised together, each image by itself, so that nothing leaks between support and query.</summary>
    /// <value>At least 1; default 8.</value>
    public int Groups { get; set; } = 8;

    /// <summary>How images are varied while training; null leaves them as they are.</summary>
    /// <value>Default: small shifts, rotations, changes of scale, and shears.</value>
    public ImageAugmentation? Augmentation { get; set; } = new();

    /// <summary>Number of variants of each image whose embeddings are averaged when adapting and scoring: the image itself, and others by <see cref="Augmentation"/>, the same for every image.</summary>
    /// <value>From 1 (default) to 64; above 1 needs <see cref="Augmentation"/>. Time grows in proportion.</value>
    public int Views { get; set; } = 1;

    internal override bool StandardizesUniformly => true;

    internal override bool NeedsDense => true;

    internal override bool EmbedsAlike => Augmentation is null;

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new ConvolutionalEncoder(featureCount, this);

    internal override EncoderOptions WithShape(IReadOnlyList<int> dimensions) => dimensions.Count != 3 || (Height ?? Width ?? Channels) is not null
        ? this
        : InterleavedChannels
            ? this with { Height = dimensions[0], Width = dimensions[1], Channels = dimensions[2] }
            : this with { Channels = dimensions[0], Height = dimensions[1], Width = dimensions[2] };

    /// <summary>The image that a number of features makes.</summary>
    /// <exception cref="ArgumentException">It is not the number of values of the image.</exception>
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
            "Set all three as the pixels were extracted.");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        OptionCheck.AtLeast(this, nameof(Height), Height, 1);
        OptionCheck.AtLeast(this, nameof(Width), Width, 1);
        OptionCheck.AtLeast(this, nameof(Channels), Channels, 1);
        OptionCheck.InRange(this, nameof(Blocks), Blocks, 1, 8);
        OptionCheck.InRange(this, nameof(Filters), Filters, 1, 1024);
        OptionCheck.InRange(this, nameof(Groups), Groups, 1, 1024);
        OptionCheck.InRange(this, nameof(Views), Views, 1, 64);
        Augmentation?.Validate();
        if (Filters % Groups != 0)
            throw OptionCheck.Error(this, nameof(Filters), $"a multiple of Groups, {Groups}", Filters);
        if (Views > 1 && Augmentation is null)
            throw OptionCheck.Error(this, nameof(Views), "1 where Augmentation is null", Views, "There is nothing that views could differ in.", "Set Augmentation.");
    }
}
