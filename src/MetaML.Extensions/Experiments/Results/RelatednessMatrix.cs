namespace MetaML;

/// <summary>How much each task helps each other task.</summary>
/// <param name="Name">The name of the measure.</param>
/// <param name="Tasks">Names of the tasks, in the order of rows and columns.</param>
/// <param name="Values">[tasks][tasks]: the gain of the column's task from the row's task; positive if the row's task helps.</param>
public sealed record RelatednessMatrix(string Name, IReadOnlyList<string> Tasks, IReadOnlyList<IReadOnlyList<double>> Values)
{
    /// <summary>The definition of the values in words; empty if the name is sufficient.</summary>
    public string Description { get; init; } = "";
}
