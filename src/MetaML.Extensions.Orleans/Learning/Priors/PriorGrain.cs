using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>Learns a prior from the sums of shards.</summary>
[GrainType("metaml.prior")]
internal sealed class PriorGrain : LearningGrain<PriorSearchState>, IPriorGrain
{
    // Most steps of a search are done on the first number of tasks. Those on the second save many on all tasks.
    private static readonly int[] s_someTasks = [2000, 64_000];

    private readonly IPersistentState<StoredSearch> _stored;
    private readonly LocalModels _models;

    public PriorGrain(IGrainContext context, IPersistentStateFactory states, LocalModels models, IOptions<TaskGrainOptions> options)
    {
        _models = models;
        _stored = states.Create<StoredSearch>(context, new StateConfiguration("prior", options.Value.StorageName));
    }

    protected override PriorSearchState? State
    {
        get => _stored.State.Search;
        set => _stored.State.Search = value;
    }

    protected override Task Write() => _stored.WriteStateAsync();

    public async Task Start(string from, string to, int shards)
    {
        GrainNames.Checked(from, "version");
        GrainNames.Checked(to, "version");
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        await Start(new PriorSearchState(from, to, shards, null, null));
    }

    protected override async Task<PriorSearchState> Learn(PriorSearchState of, CancellationToken cancellationToken)
    {
        ServedModel model = await _models.Get(Model, of.From);
        IPriorShardGrain[] shards = [.. Enumerable.Range(0, of.Shards).Select(shard => GrainFactory.GetGrain<IPriorShardGrain>(ShardReader.KeyOf(Model, shard)))];
        int rounds = 0;
        long bytes = 0;
        ShardedPriorSums[] sums = [.. s_someTasks.Select(tasks => (tasks + of.Shards - 1) / of.Shards).Append(int.MaxValue)
            .Select(most => new ShardedPriorSums(point => Sum(point, null, most), (point, directions) => Sum(point, directions, most)))];
        try
        {
            // The search is the same as in one process, so it waits for the sums. It has a thread of its own.
            var (likelihood, file) = await Task.Factory.StartNew(() =>
            {
                var (prior, likelihood) = model.LearnPrior(sums, cancellationToken);
                return (likelihood, model.WithPrior(prior));
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            ModelVersion version = await GrainFactory.GetModel(Model).Publish(of.To, file, cancellationToken);
            return of with { Result = new LearnedPrior(version, sums[^1].Sums.Tasks, rounds, bytes, likelihood) };
        }
        finally
        {
            foreach (IPriorShardGrain shard in shards)
                shard.Release().Ignore();
        }

        IReadOnlyList<ShardSums> Sum(PriorPoint point, double[][]? directions, int mostTasks)
        {
            rounds++;
            var request = new PriorRequest(of.From, point.Mean, point.Covariance, directions, mostTasks);
            PriorAnswer[] answers = ShardCall.AskAll(shards, shard => shard.Sum(request), cancellationToken);
            bytes = answers.Sum(answer => answer.ByteCount);
            return Array.ConvertAll(answers, answer => answer.ToSums());
        }
    }
}
