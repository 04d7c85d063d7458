namespace MetaML;

/// <summary>Learns the prior of a model again, by empirical Bayes over the tasks of all shards. Key: the name of the model. <c>grains.GetPrior(name)</c> returns it.</summary>
/// <remarks>
/// <para>Rows stay where they are. Each shard sends sums over its tasks: numbers in the order of the square of the number of features, for each step of the search. The sums are added in the order
/// of the shards, so that the bits of the prior depend on the shards and not on the silos, and it is the prior that one process learns from all rows, up to rounding.</para>
/// <para>Encoder, units of features and labels, and the options of the adapter are those of a published version. Tasks take the new version over by their statistics when it is activated.</para>
/// <para>If the silo of a shard dies, its sums are computed again elsewhere. If the silo of this grain dies, the next call of <see cref="Describe"/> begins the search again, with the same result.
/// The memory of a shard is about 16 bytes for each task and square of the number of features + 1.</para>
/// </remarks>
[Alias("MetaML.IPriorGrain")]
public interface IPriorGrain : IGrainWithStringKey
{
    /// <summary>Begins to learn the prior, which is published as a version at the end. <see cref="IModelGrain.Activate"/> then makes tasks use it.</summary>
    /// <param name="from">The version with the encoder. Its adapter must be a Bayesian one for values or classes with a Gaussian likelihood, common noise and shrinkage, without task features and groups.</param>
    /// <param name="to">The name of the new version.</param>
    /// <param name="shards">Number of shards; at least 1. <see cref="IShardRows"/> reads each.</param>
    /// <remarks>If gradients have learned the prior (<see cref="PriorFit.Gradient"/>, or Auto with an encoder that is trained), only the noise is learned. With <see cref="PriorCovariance.Auto"/> the covariance is full, shrunk with the weight of embedding + 1 tasks. The same call while the search runs changes nothing.</remarks>
    /// <exception cref="InvalidOperationException">Another prior of the model is being learned.</exception>
    [Alias("Start")]
    Task Start(string from, string to, int shards);

    /// <summary>The state of the last search; null if there was none.</summary>
    [Alias("Describe")]
    Task<PriorSearchState?> Describe();

    /// <summary>Ends the search without a result.</summary>
    [Alias("Cancel")]
    Task Cancel();
}
