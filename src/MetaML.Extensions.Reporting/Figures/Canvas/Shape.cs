namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>A line or a filled area.</summary>
/// <param name="Path">The outline as SVG path data.</param>
/// <param name="Color">A colour of the palette.</param>
internal sealed record Shape(string Path, string Color)
{
    /// <summary>Width of the line; null for a filled area.</summary>
    public double? LineWidth { get; init; }

    /// <summary>Lengths of dashes and gaps; empty for a line without gaps.</summary>
    public float[] Dashes { get; init; } = [];

    /// <summary>Opacity from 0 (invisible) to 1.</summary>
    public double Opacity { get; init; } = 1;

    /// <summary>Whether two filled areas have the same colour, so that they can be joined.</summary>
    public bool Joins(Shape other) => LineWidth is null && other.LineWidth is null && Color == other.Color && Opacity == other.Opacity;
}
