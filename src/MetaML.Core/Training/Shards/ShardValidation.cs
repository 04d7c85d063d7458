namespace MetaML.Training.Shards;

/// <summary>The size of a shard, and its validation loss.</summary>
/// <param name="Tasks">Number of tasks of the shard, validation tasks included.</param>
/// <param name="Rows">Number of labelled rows of these tasks.</param>
/// <param name="Episodes">Number of validation episodes; 0 if the shard holds nothing out.</param>
/// <param name="Loss">The mean query loss of the validation episodes; 0 if there are none.</param>
internal sealed record ShardValidation(int Tasks, long Rows, int Episodes, double Loss);
