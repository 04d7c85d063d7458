namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>One line of text.</summary>
/// <param name="Text">The text.</param>
/// <param name="X">The horizontal position of the anchor.</param>
/// <param name="Baseline">The vertical position of the baseline.</param>
/// <param name="Size">The font size in pixels.</param>
/// <param name="Color">A colour of the palette.</param>
/// <param name="Anchor">The part of the text that is at <paramref name="X"/>.</param>
internal sealed record Label(string Text, double X, double Baseline, double Size, string Color, Anchor Anchor);
