namespace MetaML.Training.Validation;

/// <summary>The loss on held-out rows of a task that was adapted on a number of its rows.</summary>
/// <param name="Unit">The number of the task if whole tasks are held out; else a number of the held-out rows alone.</param>
/// <param name="Loss">The mean loss of the rows. Squared errors are divided by the variance of labels.</param>
internal readonly record struct EvaluatedEpisode(int Unit, double Loss);
