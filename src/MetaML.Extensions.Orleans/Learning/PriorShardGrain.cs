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
    private string _version = ""; // of the tasks
    private TaskEvidence[] _tasks = [];
    private (int MostTasks, PriorShard Shard)? _summed;

    public async Task<PriorAnswer> Sum(PriorRequest request)
    {
        if (_version != request.Version)
        {
            Free();
            _tasks = await Load(request.Version);
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

    private async Task<TaskEvidence[]> Load(string version)
    {
        var (name, shard) = GrainNames.Parse(this.GetPrimaryKeyString());
        IShardRows rows = context.ActivationServices.GetService<IShardRows>()
            ?? throw new InvalidOperationException($"A silo must have a service {nameof(IShardRows)} to read shards; got none. Register one on each silo.");
        ServedModel model = await models.Get(name, version);
        return await Task.Run(() => model.ReadShard(ml => rows.Read(ml, name, int.Parse(shard, CultureInfo.InvariantCulture))));
    }
}
