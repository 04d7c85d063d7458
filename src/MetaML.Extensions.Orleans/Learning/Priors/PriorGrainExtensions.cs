using MetaML;
using MetaML.Extensions.Orleans.Learning;
using MetaML.Extensions.Orleans.Options;

namespace Orleans;

/// <summary>Extension methods for the grains that learn priors.</summary>
public static class PriorGrainExtensions
{
    /// <summary>The grain that learns the prior of a model from shards.</summary>
    /// <param name="grains">The cluster client, or the grain factory of a silo.</param>
    /// <param name="model">The name of the model: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static IPriorGrain GetPrior(this IGrainFactory grains, string model)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IPriorGrain>(GrainNames.Checked(model, "model"));
    }

    /// <summary>Learns a prior, and waits for the end. Silos may die meanwhile.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="from">The version with the encoder.</param>
    /// <param name="to">The name of the new version.</param>
    /// <param name="shards">Number of shards; at least 1.</param>
    /// <param name="cancellationToken">Stops waiting, and cancels the search.</param>
    /// <returns>The published version, and what it was learned from.</returns>
    /// <exception cref="InvalidOperationException">The search ended with an error, whose message this is; or another prior of the model is being learned.</exception>
    public static async Task<LearnedPrior> Learn(this IPriorGrain grain, string from, string to, int shards, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grain);
        PriorSearchState search = await LearningCall.Run(() => grain.Start(from, to, shards), grain.Describe, grain.Cancel, cancellationToken).ConfigureAwait(true);
        return search.Result ?? throw new InvalidOperationException(search.Error);
    }
}
