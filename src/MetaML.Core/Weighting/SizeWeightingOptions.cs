using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Large tasks count more: λᵢ ∝ (number of rows)^exponent.</summary>
public sealed record SizeWeightingOptions : TaskWeightingOptions
{
    /// <summary>The exponent.</summary>
    /// <value>From −1 (small tasks count more) to 1 (every row counts alike); default 0.5.</value>
    public double Exponent { get; set; } = 0.5;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) =>
        new FixedWeighting(tasks.Select(task => Math.Pow(Math.Max(1, task.RowCount), Exponent)));

    internal override void Validate() => OptionCheck.InRange(this, nameof(Exponent), Exponent, -1, 1);
}
