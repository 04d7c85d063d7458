namespace MetaML;

/// <summary>The progress of a few-shot evaluation.</summary>
/// <param name="Strategy">The strategy that is being evaluated.</param>
/// <param name="Done">The number of its models that are evaluated.</param>
/// <param name="Total">The number of all its models: draws times support sizes, and times tasks if each task has its own model.</param>
public readonly record struct FewShotProgress(string Strategy, int Done, int Total);
