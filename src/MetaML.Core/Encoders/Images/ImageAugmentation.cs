using MetaML.Encoders.Images;
using MetaML.Options;

namespace MetaML;

/// <summary>Random affine variations of images. Each amount is drawn uniformly between −limit and limit.</summary>
public sealed record ImageAugmentation
{
    /// <summary>Largest shift, as a share of height and width.</summary>
    /// <value>From 0 to 1; default 0.1.</value>
    public double Shift { get; set; } = 0.1;

    /// <summary>Largest rotation, in degrees.</summary>
    /// <value>From 0 to 180; default 10.</value>
    public double Rotation { get; set; } = 10;

    /// <summary>Largest relative change of height and of width.</summary>
    /// <value>From 0 to 0.9; default 0.15.</value>
    public double Scale { get; set; } = 0.15;

    /// <summary>Largest horizontal shear, as the tangent of its angle.</summary>
    /// <value>From 0 to 1; default 0.15.</value>
    public double Shear { get; set; } = 0.15;

    internal void Validate()
    {
        OptionCheck.InRange(this, nameof(Shift), Shift, 0, 1);
        OptionCheck.InRange(this, nameof(Rotation), Rotation, 0, 180);
        OptionCheck.InRange(this, nameof(Scale), Scale, 0, 0.9);
        OptionCheck.InRange(this, nameof(Shear), Shear, 0, 1);
    }

    internal AffineMap Draw(Random random)
    {
        double DrawWithin(double limit) => limit * (2 * random.NextDouble() - 1);
        double angle = DrawWithin(Rotation) * Math.PI / 180, shear = DrawWithin(Shear);
        double across = 1 + DrawWithin(Scale), down = 1 + DrawWithin(Scale);
        double cos = Math.Cos(angle), sin = Math.Sin(angle);
        return new AffineMap(
            (float)(cos * across), (float)((cos * shear - sin) * down), (float)DrawWithin(Shift),
            (float)(sin * across), (float)((sin * shear + cos) * down), (float)DrawWithin(Shift));
    }
}
