namespace MetaML.Extensions.Reporting.Figures;

/// <summary>A line or a filled area.</summary>
/// <param name="Path">What is drawn, as SVG path data.</param>
/// <param name="Color">A colour of the palette.</param>
internal sealed record Shape(string Path, string Color)
{
    /// <summary>Width of the line; null where the area is filled.</summary>
    public double? LineWidth { get; init; }

    /// <summary>Lengths of dashes and gaps; empty for a line without gaps.</summary>
    public float[] Dashes { get; init; } = [];

    /// <summary>0 (invisible) to 1.</summary>
    public double Opacity { get; init; } = 1;

    /// <summary>Whether two areas can be one: their colours are the same.</summary>
    public bool Joins(Shape other) => LineWidth is null && other.LineWidth is null && Color == other.Color && Opacity == other.Opacity;
}
