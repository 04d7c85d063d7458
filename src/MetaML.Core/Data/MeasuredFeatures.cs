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

    /// <summary>Rare features scaled up: see <see cref="FeatureScaling.FitRarity"/>.</summary>
    public FeatureScaling ByRarity => _byRarity.Value;
}
