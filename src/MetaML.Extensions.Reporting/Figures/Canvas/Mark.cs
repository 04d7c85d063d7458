namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>The shape of a mark.</summary>
internal enum Mark
{
    /// <summary>A disc.</summary>
    Disc,

    /// <summary>A square.</summary>
    Square,

    /// <summary>A square that stands on a corner.</summary>
    Diamond,

    /// <summary>A triangle that points upwards.</summary>
    Triangle,
}
