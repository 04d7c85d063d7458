using MetaML;
using MetaML.Extensions.Orleans.Learning;
using MetaML.Extensions.Orleans.Options;

namespace Orleans;

/// <summary>Extension methods for the grains that learn networks.</summary>
public static class NetworkGrainExtensions
{
    /// <summary>The grain that learns the network of a model from shards.</summary>
    /// <param name="grains">The cluster client, or the grain factory of a silo.</param>
    /// <param name="model">The name of the model: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static INetworkGrain GetNetwork(this IGrainFactory grains, string model)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<INetworkGrain>(GrainNames.Checked(model, "model"));
    }

    /// <summary>Learns a network, and waits for the end. Silos may die meanwhile.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="from">The version to start from.</param>
    /// <param name="to">The name of the new version.</param>
    /// <param name="shards">Number of shards; at least 1.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting, and cancels learning.</param>
    /// <returns>The published version, and what it was learned from.</returns>
    /// <exception cref="ArgumentException">The version cannot be learned from, the new version exists, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">Learning ended with an error, whose message this is; or another network of the model is being learned.</exception>
    public static async Task<LearnedNetwork> Learn(this INetworkGrain grain, string from, string to, int shards, NetworkLearningOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grain);
        NetworkLearningState state = await LearningCall.Run(() => grain.Start(from, to, shards, options), grain.Describe, grain.Cancel, cancellationToken).ConfigureAwait(true);
        return state.Result ?? throw new InvalidOperationException(state.Error);
    }
}
