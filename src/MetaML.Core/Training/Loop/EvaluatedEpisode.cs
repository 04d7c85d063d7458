namespace MetaML.Training.Loop;

/// <summary>The loss of a validation episode's query.</summary>
/// <param name="Unit">What was held out: the number of the episode's task, where whole tasks were; else each episode stands for itself.</param>
/// <param name="Loss">The mean loss of its rows.</param>
internal readonly record struct EvaluatedEpisode(int Unit, double Loss);
