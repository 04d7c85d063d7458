namespace MetaML;

/// <content>The comparison of strategies.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Whether learning across tasks helps, which way is best, and for which tasks: an experiment in the shape of AutoML's.</summary>
    /// <param name="settings">What to compare, by what, and how long it may take.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public TaskExperiment CreateExperiment(TaskExperimentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TaskExperiment(_context, settings);
    }

    /// <summary>The same, with defaults but for the time.</summary>
    /// <param name="maxExperimentTimeInSeconds">The time that all runs may take.</param>
    /// <exception cref="ArgumentException">The time is 0.</exception>
    public TaskExperiment CreateExperiment(uint maxExperimentTimeInSeconds) =>
        CreateExperiment(new TaskExperimentSettings { MaxExperimentTimeInSeconds = maxExperimentTimeInSeconds });
}
