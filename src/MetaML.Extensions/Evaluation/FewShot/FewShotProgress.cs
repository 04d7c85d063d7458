namespace MetaML;

/// <summary>Where an evaluation stands.</summary>
/// <param name="Strategy">The strategy that is being judged.</param>
/// <param name="Done">How many of its models have been judged.</param>
/// <param name="Total">How many there are: draws times support sizes, and times tasks where each task has a model of its own.</param>
public readonly record struct FewShotProgress(string Strategy, int Done, int Total);
