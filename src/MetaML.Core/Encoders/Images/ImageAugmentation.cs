using MetaML.Encoders.Images;
using MetaML.Options;

namespace MetaML;

/// <summary>Random affine variants of images: each extent is drawn uniformly between its negative and itself.</summary>
public sealed record ImageAugmentation
{
    /// <summary>Largest shift, as a share of height and width.</summary>
    /// <value>From 0 to 1; default 0.1.</value>
    public double Shift { get; set; } = 0.1;

    /// <summary>Largest rotation, in degrees.</summary>
    /// <value>From 0 to 180; default 10.</value>
    public double Rotation { get; set; } = 10;

    /// <summary>Largest change of scale, of height and width each, as a share.</summary>
    /// <value>From 0 to 0.9; default 0.15.</value>
    public double Scale { get; set; } = 0.15;

    /// <summary>Largest horizontal shear: the tangent of its angle.</summary>
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
        double Within(double extent) => extent * (2 * random.NextDouble() - 1);
        double angle = Within(Rotation) * Math.PI / 180, shear = Within(Shear);
        double across = 1 + Within(Scale), down = 1 + Within(Scale);
        double cos = Math.Cos(angle), sin = Math.Sin(angle);
        return new AffineMap(
            (float)(cos * across), (float)((cos * shear - sin) * down), (float)Within(Shift),
            (float)(sin * across), (float)((sin * shear + cos) * down), (float)Within(Shift));
    }
}
