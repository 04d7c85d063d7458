using System.Globalization;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Serving;
using MetaML.Extensions.Orleans.Options;
using Microsoft.Extensions.DependencyInjection;

namespace MetaML.Extensions.Orleans.Learning;

/// <summary>The tasks of a shard, in memory while a prior is learned.</summary>
[GrainType("metaml.prior-shard")]
internal sealed class PriorShardGrain(IGrainContext context, LocalModels models) : Grain, IPriorShardGrain
{
    private (string Version, PriorShard Shard)? _loaded;

    public async Task<PriorAnswer> Sum(PriorRequest request)
    {
        if (_loaded is not { } known || known.Version != request.Version)
            _loaded = known = (request.Version, await Load(request.Version));
        var point = new PriorPoint(request.Mean, request.Covariance);
        return await Task.Run(() => new PriorAnswer(request.Directions is { } directions ? known.Shard.Move(point, directions) : known.Shard.Visit(point)));
    }

    public Task Release()
    {
        _loaded?.Shard.Dispose();
        _loaded = null;
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task<PriorShard> Load(string version)
    {
        _loaded?.Shard.Dispose();
        var (name, shard) = GrainNames.Parse(this.GetPrimaryKeyString());
        IShardRows rows = context.ActivationServices.GetService<IShardRows>()
            ?? throw new InvalidOperationException($"A silo must have a service {nameof(IShardRows)} to read shards; got none. Register one on each silo.");
        ServedModel model = await models.Get(name, version);
        return await Task.Run(() => model.Shard(ml => rows.Read(ml, name, int.Parse(shard, CultureInfo.InvariantCulture))));
    }
}
