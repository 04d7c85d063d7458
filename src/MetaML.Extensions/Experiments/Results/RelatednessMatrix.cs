namespace MetaML;

/// <summary>How much each task helps each other one.</summary>
/// <param name="Name">What the values are.</param>
/// <param name="Tasks">Names of the tasks, in the order of rows and columns.</param>
/// <param name="Values">[tasks][tasks]: what the row's task gives to the column's; positive where it helps.</param>
public sealed record RelatednessMatrix(string Name, IReadOnlyList<string> Tasks, IReadOnlyList<IReadOnlyList<double>> Values)
{
    /// <summary>How the values are defined, in words; empty where the name says it.</summary>
    public string Description { get; init; } = "";
}
