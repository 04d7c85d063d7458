namespace MetaML;

/// <summary>An effect in the population of tasks: the mean of an intercept or slope over tasks, or how this mean changes with a task feature.</summary>
public sealed class PopulationEffect
{
    /// <summary>The slot name of the feature, or "(Intercept)"; with a task feature "feature:task feature", or the name of the task feature for its effect on the intercept.</summary>
    public string Name { get; set; } = "";

    /// <summary>The estimate, in units of the label for a unit of the feature column and of the task feature.</summary>
    public double Estimate { get; set; }

    /// <summary>The standard error of the estimate; NaN if it is not known.</summary>
    public double StandardError { get; set; }

    /// <summary>The standard deviation of the effect over tasks; 0 for an effect that is fixed, NaN for that of a task feature.</summary>
    public double TaskStandardDeviation { get; set; }
}
