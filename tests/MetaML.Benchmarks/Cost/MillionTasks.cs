namespace MetaML.Benchmarks.Cost;

/// <summary>The cost of Fit on a million tasks of five rows and 16 features, regression.</summary>
internal static class MillionTasks
{
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="isDefault">Whether to fit the default options rather than the linear learner alone.</param>
    public static void Run(int tasks, bool isDefault) =>
        FitCost.OfRegression(new LinearTasks(tasks, 5, 5, 16), isDefault ? new MetaLearnerOptions() : FitCost.LinearPrior)
            .Print("million-tasks", $"{tasks} tasks x 5 rows x 16 features, {(isDefault ? "default options" : "linear prior")}", aim: 60);
}
