namespace MetaML.Training.Loop;

/// <summary>The loss of a validation episode's query.</summary>
/// <param name="Unit">The number of the episode's task if whole tasks are held out; else a number of the episode alone.</param>
/// <param name="Loss">The mean loss of its rows.</param>
internal readonly record struct EvaluatedEpisode(int Unit, double Loss);
