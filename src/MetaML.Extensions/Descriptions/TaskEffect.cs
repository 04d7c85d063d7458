namespace MetaML;

/// <summary>An effect in one task: the intercept or a slope of its head.</summary>
public sealed class TaskEffect
{
    /// <summary>The name of the task.</summary>
    public string Task { get; set; } = "";

    /// <summary>The slot name of the feature, or "(Intercept)".</summary>
    public string Name { get; set; } = "";

    /// <summary>The effect in the task, in units of the label for a unit of the feature column.</summary>
    public double Estimate { get; set; }

    /// <summary>The difference from the effect that the population has for the task features and the groups of this task.</summary>
    public double Difference { get; set; }

    /// <summary>The standard deviation of the difference given the rows of the task; 0 for an effect that is fixed, NaN if the model does not keep it (<see cref="BayesianAdapterOptions.PredictiveDeviation"/>).</summary>
    public double StandardDeviation { get; set; }
}
