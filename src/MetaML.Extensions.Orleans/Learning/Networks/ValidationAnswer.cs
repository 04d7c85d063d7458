namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The size of a shard and its validation loss, as they are sent.</summary>
/// <param name="Tasks">Number of tasks of the shard.</param>
/// <param name="Rows">Number of labelled rows of these tasks.</param>
/// <param name="Episodes">Number of validation episodes; 0 if the shard holds nothing out.</param>
/// <param name="Loss">The mean query loss of the validation episodes.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.ValidationAnswer")]
internal sealed record ValidationAnswer([property: Id(0)] int Tasks, [property: Id(1)] long Rows, [property: Id(2)] int Episodes, [property: Id(3)] double Loss);
