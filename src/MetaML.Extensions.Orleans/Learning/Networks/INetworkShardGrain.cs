namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The tasks of a shard. Key: the names of the model and the number of the shard.</summary>
[Alias("MetaML.INetworkShardGrain")]
internal interface INetworkShardGrain : IGrainWithStringKey
{
    /// <summary>The gradient of the tasks that the shard draws in an outer step. The first call reads the rows.</summary>
    /// <param name="point">θ.</param>
    /// <param name="iteration">The number of the step, from 1.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    [Alias("Differentiate")]
    [ResponseTimeout("01:00:00")]
    Task<GradientAnswer> Differentiate(NetworkPoint point, int iteration, double progress);

    /// <summary>The loss of the validation episodes of the shard. The first call reads the rows.</summary>
    /// <param name="point">θ.</param>
    [Alias("Validate")]
    [ResponseTimeout("01:00:00")]
    Task<ValidationAnswer> Validate(NetworkPoint point);

    /// <summary>Frees the memory of the shard.</summary>
    [Alias("Release")]
    Task Release();
}
