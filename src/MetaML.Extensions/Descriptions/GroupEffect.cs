namespace MetaML;

/// <summary>An effect of a group of tasks: how the intercept or a slope of its tasks differs from that of its outer group.</summary>
public sealed class GroupEffect
{
    /// <summary>The column of the group.</summary>
    public string ColumnName { get; set; } = "";

    /// <summary>The name of the group.</summary>
    public string Group { get; set; } = "";

    /// <summary>The name of its outer group; empty for the outermost column.</summary>
    public string OuterGroup { get; set; } = "";

    /// <summary>The slot name of the feature, or "(Intercept)".</summary>
    public string Name { get; set; } = "";

    /// <summary>The difference from the effect in the outer group, or in the population, in units of the label for a unit of the feature column.</summary>
    public double Difference { get; set; }

    /// <summary>The standard deviation of the difference given the rows of all tasks. For the intercept, features are at their means if the encoder standardises them.</summary>
    public double StandardDeviation { get; set; }
}
