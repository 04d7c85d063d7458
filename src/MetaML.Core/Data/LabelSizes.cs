using MetaML.Options;

namespace MetaML.Data;

/// <summary>Scales the labels of each task by their own size, for tasks whose labels differ in size by orders of magnitude.</summary>
/// <remarks>
/// The size of a task is the root mean square of its labels about a centre that all tasks share. The logarithms of sizes are normally distributed over tasks,
/// and the size of a task with few rows is shrunk towards their mean. A task without rows has the typical size, exp(<paramref name="MeanLog"/>),
/// and one whose labels are all at the centre has a small one: larger scores would be far from all that is known of it.
/// </remarks>
/// <param name="Center">The centre: 0, or the median of the means of tasks.</param>
/// <param name="MeanLog">The mean of the logarithm of sizes.</param>
/// <param name="Between">The variance of the logarithm of sizes between tasks.</param>
/// <param name="Within">The sampling variance of the logarithm of the size of a task with one row. With n rows it is this divided by n.</param>
internal sealed record LabelSizes(double Center, double MeanLog, double Between, double Within)
{
    // Sizes differ if a standard deviation of their logarithm is at least a factor of 3. Below that, a common scale loses less than sizes from few rows.
    private const double LeastFactor = 3;

    private const int FewestTasks = 5;

    // About 2 % of the tasks are smaller than the typical size by so many standard deviations.
    private const double SmallSize = 2;

    /// <summary>The sizes of tasks.</summary>
    /// <param name="set">The training tasks.</param>
    /// <param name="isAsked">Whether labels are scaled by task; null for a choice from the data.</param>
    /// <param name="decide">Receives the choice and its reason; may be null.</param>
    /// <returns>Null if the labels of all tasks have one scale.</returns>
    public static LabelSizes? Choose(TaskSet set, bool? isAsked, Action<string>? decide)
    {
        LearningTask[] tasks = [.. set.Tasks.Where(task => task.RowCount > 1)];
        if (set.Kind != LabelKind.Regression || isAsked == false || tasks.Length < (isAsked is null ? FewestTasks : 1))
            return null;
        double[] means = [.. tasks.Select(task => (double)task.Labels.Average()).Order()];
        LabelSizes[] sizes = [Fit(tasks, 0), Fit(tasks, means[means.Length / 2])];
        LabelSizes[] fitting = [.. sizes.Where(each => isAsked == true || each.Between >= Math.Pow(Math.Log(LeastFactor), 2))];
        if (fitting.MinBy(each => each.Misfit(tasks)) is not { } chosen)
            return null;
        decide?.Invoke($"Labels: scaled by the size of each task, since {(isAsked == true ? "ScaleLabelsByTask is true" : "sizes differ")}: about {chosen.Center:G4}, two thirds of the tasks are within a factor of {Math.Exp(Math.Sqrt(chosen.Between)):G3} of the typical size, {Math.Exp(chosen.MeanLog):G4}.");
        return chosen;
    }

    /// <summary>The scaling of labels of the typical size.</summary>
    public LabelScaling Typical => new(Center, Math.Exp(MeanLog));

    /// <summary>The scaling of a task's labels.</summary>
    public LabelScaling Of(LearningTask task)
    {
        if (task.RowCount == 0 || Between == 0)
            return Typical;
        double square = MeanSquare(task, Center);
        if (square == 0)
            return new LabelScaling(Center, Math.Exp(MeanLog - SmallSize * Math.Sqrt(Between)));
        double trust = Within == 0 ? 1 : Between / (Between + Within / task.RowCount);
        return new LabelScaling(Center, Math.Exp(MeanLog + trust * (Math.Log(square) / 2 - MeanLog)));
    }

    /// <summary>The tasks with labels of about the size 1.</summary>
    public TaskSet Apply(TaskSet set) => set.With([.. set.Tasks.Select(task => Of(task).Apply(task))]);

    /// <summary>Checks sizes that were read from a file.</summary>
    /// <exception cref="ArgumentException">A value is not finite, or a variance is negative.</exception>
    public void Validate()
    {
        if (!double.IsFinite(Center) || !double.IsFinite(MeanLog))
            throw OptionCheck.Error(this, $"{nameof(Center)}, {nameof(MeanLog)}", "finite", $"{Center}, {MeanLog}");
        OptionCheck.NotNegative(this, nameof(Between), Between);
        OptionCheck.NotNegative(this, nameof(Within), Within);
    }

    // The negative log likelihood of a row, up to a constant, if scaled labels of all tasks are normal with one mean and variance.
    private double Misfit(LearningTask[] tasks)
    {
        LabelScaling[] scalings = Array.ConvertAll(tasks, Of);
        float[] scaled = [.. tasks.Zip(scalings, (task, scaling) => task.Labels.Select(scaling.Apply)).SelectMany(labels => labels)];
        double mean = scaled.Average(), variance = scaled.Average(label => (label - mean) * (label - mean));
        return tasks.Zip(scalings, (task, scaling) => task.RowCount * Math.Log(scaling.Deviation)).Sum() / scaled.Length + Math.Log(variance) / 2;
    }

    private static LabelSizes Fit(LearningTask[] tasks, double center)
    {
        var logs = new List<(double Log, double Inverse)>(); // with 1 / number of rows
        double spread = 0;
        foreach (LearningTask task in tasks)
        {
            double square = MeanSquare(task, center);
            if (square == 0)
                continue;
            logs.Add((Math.Log(square) / 2, 1.0 / task.RowCount));
            // The delta method: Var(log √m) = Var(m) / (4 m²), with m the mean of n squares.
            spread += task.Labels.Average(label => Math.Pow(Math.Pow(label - center, 2) / square - 1, 2)) / 4 * task.RowCount / (task.RowCount - 1);
        }

        if (logs.Count == 0)
            return new LabelSizes(center, 0, 0, 0);
        double within = spread / logs.Count, mean = logs.Average(task => task.Log);
        double variance = logs.Sum(task => Math.Pow(task.Log - mean, 2)) / Math.Max(1, logs.Count - 1);
        return new LabelSizes(center, mean, Math.Max(0, variance - within * logs.Average(task => task.Inverse)), within);
    }

    private static double MeanSquare(LearningTask task, double center) => task.RowCount == 0 ? 0 : task.Labels.Average(label => Math.Pow(label - center, 2));
}
