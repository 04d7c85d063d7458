namespace MetaML;

/// <summary>Learns the encoder and the adapter of a model by gradients of the tasks of all shards. Key: the name of the model. <c>grains.GetNetwork(name)</c> returns it.</summary>
/// <remarks>
/// <para>Rows stay where they are. In an outer step each shard receives the parameters θ, draws tasks among its own, and sends the mean of their losses and its gradient: a number for each
/// parameter, and never a row. The step descends g = Σₖ (nₖ / n) gₖ, with nₖ the number of tasks of shard k. Sums are taken in the order of the shards, so that the bits of the network depend on
/// the shards, the seed and the kind of processor, and not on the silos.</para>
/// <para>Learning starts from the parameters of a published version, and keeps its units of features and labels, and its options of encoder and adapter. It is second-order where that of
/// one process is.</para>
/// <para>If the silo of a shard dies, its part of the step is computed again elsewhere. If the silo of this grain dies, the next call of <see cref="Describe"/> goes on from the last checkpoint, with
/// the same result. A shard is in memory while the network is learned.</para>
/// </remarks>
[Alias("MetaML.INetworkGrain")]
public interface INetworkGrain : IGrainWithStringKey
{
    /// <summary>Begins to learn the network, which is published as a version at the end. <see cref="IModelGrain.Activate"/> then makes tasks use it.</summary>
    /// <param name="from">The version to start from. It must have one output, and values that gradients train. A Bayesian adapter must be one whose prior <see cref="IPriorGrain"/> can learn; another adapter must
    /// have no values that are set from the rows of all tasks.</param>
    /// <param name="to">The name of the new version.</param>
    /// <param name="shards">Number of shards; at least 1. <see cref="IShardRows"/> reads each. A shard has at least one task that can form an episode.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <remarks>
    /// The new version knows no tasks, since their heads belong to the encoder before, and has no calibration and no coverage. If a part of the prior of a Bayesian adapter is learned after the training, the grain
    /// of <see cref="IPriorGrain"/> learns it, from a version with ".network" at the end of its name, which is retired then. The same call while the network is being learned changes nothing.
    /// </remarks>
    /// <exception cref="ArgumentException">The version cannot be learned from, the new version exists, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">Another network of the model is being learned.</exception>
    [Alias("Start")]
    Task Start(string from, string to, int shards, NetworkLearningOptions? options = null);

    /// <summary>The state of the last learning; null if there was none.</summary>
    [Alias("Describe")]
    Task<NetworkLearningState?> Describe();

    /// <summary>Ends learning without a result.</summary>
    [Alias("Cancel")]
    Task Cancel();
}
