using MetaML.Extensions.Orleans.Models;
using MetaML.Training.Shards;

namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The tasks of a shard, in memory while a network is learned.</summary>
[GrainType("metaml.network-shard")]
internal sealed class NetworkShardGrain(IGrainContext context, LocalModels models) : Grain, INetworkShardGrain
{
    private ((string Version, NetworkLearningOptions Options, int Shards) Of, GradientShard Shard)? _loaded;

    public async Task<GradientAnswer> Differentiate(NetworkPoint point, int iteration, double progress)
    {
        GradientShard shard = await Load(point);
        ShardGradient answer = await Task.Run(() => shard.Differentiate(PackedFloats.Unpack(point.Theta), iteration, progress));
        return new GradientAnswer(answer.Loss, PackedFloats.Pack(answer.Gradient));
    }

    public async Task<ValidationAnswer> Validate(NetworkPoint point)
    {
        GradientShard shard = await Load(point);
        ShardValidation answer = await Task.Run(() => shard.Validate(PackedFloats.Unpack(point.Theta)));
        return new ValidationAnswer(answer.Tasks, answer.Rows, answer.Episodes, answer.Loss);
    }

    public Task Release()
    {
        _loaded = null;
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private async Task<GradientShard> Load(NetworkPoint point)
    {
        var of = (point.Version, point.Options, point.Shards);
        if (_loaded is { } loaded && loaded.Of == of)
            return loaded.Shard;
        _loaded = null;
        GradientShard shard = await ShardReader.Read(context.ActivationServices, models, this.GetPrimaryKeyString(), point.Version,
            (model, number, read) => model.ReadGradientShard(read, point.Options.ToTraining(), number, point.Shards));
        _loaded = (of, shard);
        return shard;
    }
}
