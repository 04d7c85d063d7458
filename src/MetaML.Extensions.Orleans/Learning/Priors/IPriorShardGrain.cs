namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>The tasks of a shard. Key: the names of the model and the number of the shard.</summary>
[Alias("MetaML.IPriorShardGrain")]
internal interface IPriorShardGrain : IGrainWithStringKey
{
    /// <summary>The sums under a prior. The first call reads the rows.</summary>
    [Alias("Sum")]
    [ResponseTimeout("01:00:00")]
    Task<PriorAnswer> Sum(PriorRequest request);

    /// <summary>Frees the memory of the shard.</summary>
    [Alias("Release")]
    Task Release();
}
