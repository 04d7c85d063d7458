namespace MetaML;

/// <content>Comparison of strategies.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Creates an experiment that compares learning strategies on the same data. Its result recommends a strategy, and names the tasks for which learning across tasks does harm. The interface is that of AutoML's experiments.</summary>
    /// <param name="settings">The strategies, the metric, and the time limit.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    /// <example>
    /// <code>
    /// var settings = new TaskExperimentSettings
    /// {
    ///     MaxExperimentTimeInSeconds = 300,
    ///     FewShot = new FewShotOptions { SupportSizes = [7, 14], TimeColumnName = "Date" },
    /// };
    /// ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(trainingTasks, "Demand", "Store");
    /// Console.WriteLine(result.Recommendation);
    /// </code>
    /// </example>
    public TaskExperiment CreateExperiment(TaskExperimentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TaskExperiment(_context, settings);
    }

    /// <summary>Creates an experiment with default settings and a time limit.</summary>
    /// <param name="maxExperimentTimeInSeconds">The time limit for all runs together, in seconds.</param>
    /// <exception cref="ArgumentException">The time is 0.</exception>
    public TaskExperiment CreateExperiment(uint maxExperimentTimeInSeconds) =>
        CreateExperiment(new TaskExperimentSettings { MaxExperimentTimeInSeconds = maxExperimentTimeInSeconds });
}
