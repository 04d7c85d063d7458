using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Orleans.Models;

namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>The tasks of a shard, in memory while a prior is learned.</summary>
[GrainType("metaml.prior-shard")]
internal sealed class PriorShardGrain(IGrainContext context, LocalModels models) : Grain, IPriorShardGrain
{
    private string _version = ""; // of the tasks
    private TaskEvidence[] _tasks = [];
    private (int MostTasks, PriorShard Shard)? _summed;

    public async Task<PriorAnswer> Sum(PriorRequest request)
    {
        if (_version != request.Version)
        {
            Free();
            _tasks = await ShardReader.Read(context.ActivationServices, models, this.GetPrimaryKeyString(), request.Version, (model, _, read) => model.ReadShard(read));
            _version = request.Version;
        }

        if (_summed is not { } summed || summed.MostTasks != request.MostTasks)
        {
            _summed?.Shard.Dispose();
            _summed = summed = (request.MostTasks, new PriorShard(TaskSubset.Some(_tasks, request.MostTasks)));
        }

        var point = new PriorPoint(request.Mean, request.Covariance);
        return await Task.Run(() => new PriorAnswer(request.Directions is { } directions ? summed.Shard.Move(point, directions) : summed.Shard.Visit(point)));
    }

    public Task Release()
    {
        Free();
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private void Free()
    {
        _summed?.Shard.Dispose();
        (_version, _tasks, _summed) = ("", [], null);
    }
}
