namespace MetaML.Data;

/// <summary>The scalings that the rows of a store could have: each is measured once, when it is first asked for.</summary>
/// <param name="rows">At least one row.</param>
internal sealed class MeasuredFeatures(FeatureStore rows)
{
    private readonly Lazy<FeatureScaling> _each = new(() => FeatureScaling.Fit(rows));
    private readonly Lazy<FeatureScaling> _together = new(() => FeatureScaling.Fit(rows, isUniform: true));
    private readonly Lazy<FeatureScaling> _byRarity = new(() => FeatureScaling.FitRarity(rows));

    /// <summary>Each feature standardised by itself.</summary>
    public FeatureScaling Each => _each.Value;

    /// <summary>All features standardised together.</summary>
    public FeatureScaling Together => _together.Value;

    /// <summary>Number of features of a row.</summary>
    public int Count => rows.FeatureCount;

    /// <summary>Each row normalised as a drawing.</summary>
    /// <param name="drawings">The normalisation.</param>
    /// <param name="isStandardized">Whether all features are then standardised together.</param>
    public FeatureScaling Drawings(DrawingNormalization drawings, bool isStandardized)
    {
        var normalized = FeatureScaling.OfDrawings(drawings, rows.FeatureCount);
        return isStandardized ? normalized.ThenStandardized(rows) : normalized;
    }

    /// <summary>Rare features scaled up: see <see cref="FeatureScaling.FitRarity"/>.</summary>
    public FeatureScaling ByRarity => _byRarity.Value;
}
