namespace MetaML.Extensions.Reporting.Figures;

/// <summary>One line of text.</summary>
/// <param name="Text">The text.</param>
/// <param name="X">Where its anchor stands.</param>
/// <param name="Baseline">Where its letters stand.</param>
/// <param name="Size">Size of the letters, in pixels.</param>
/// <param name="Color">A colour of the palette.</param>
/// <param name="Anchor">Which part of it stands at <paramref name="X"/>.</param>
internal sealed record Label(string Text, double X, double Baseline, double Size, string Color, Anchor Anchor);
