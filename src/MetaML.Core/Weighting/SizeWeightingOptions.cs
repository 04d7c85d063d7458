using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Weights by size: λᵢ ∝ (number of rows)^exponent.</summary>
[SavedName("size")]
public sealed record SizeWeightingOptions : TaskWeightingOptions
{
    /// <summary>The exponent.</summary>
    /// <value>From −1 (small tasks have larger weights) to 1 (all rows have the same weight); default 0.5.</value>
    public double Exponent { get; set; } = 0.5;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) =>
        new FixedWeighting(tasks.Select(task => Math.Pow(Math.Max(1, task.RowCount), Exponent)));

    internal override void Validate() => OptionCheck.InRange(this, nameof(Exponent), Exponent, -1, 1);
}
