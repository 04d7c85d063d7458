namespace MetaML.Training.Shards;

/// <summary>What a shard computes in an outer step.</summary>
/// <param name="Loss">The mean query loss of the drawn tasks of the shard.</param>
/// <param name="Gradient">Its gradient by θ, [parameters].</param>
internal sealed record ShardGradient(double Loss, float[] Gradient);
