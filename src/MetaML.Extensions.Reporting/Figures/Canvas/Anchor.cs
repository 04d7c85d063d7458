namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>The part of a text that is at its coordinate.</summary>
internal enum Anchor
{
    /// <summary>The start of the text.</summary>
    Start,

    /// <summary>The middle of the text.</summary>
    Middle,

    /// <summary>The end of the text.</summary>
    End,
}
