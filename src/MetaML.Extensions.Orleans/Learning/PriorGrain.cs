using System.Globalization;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Learning;

/// <summary>Learns a prior from the sums of shards.</summary>
[GrainType("metaml.prior")]
internal sealed class PriorGrain : Grain, IPriorGrain, IDisposable
{
    // Most steps of a search are done on this number of tasks.
    private const int FewTasks = 2000;

    private const int Tries = 10;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1), s_longestSearch = TimeSpan.FromDays(1);

    private readonly IPersistentState<StoredSearch> _stored;
    private readonly LocalModels _models;
    private CancellationTokenSource? _running;

    public PriorGrain(IGrainContext context, IPersistentStateFactory states, LocalModels models, IOptions<TaskGrainOptions> options)
    {
        _models = models;
        _stored = states.Create<StoredSearch>(context, new StateConfiguration("prior", options.Value.StorageName));
    }

    private string Model => GrainNames.Checked(this.GetPrimaryKeyString(), "model");

    // A search that another silo has begun, and not ended, begins again.
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_stored.State.Search is { HasEnded: false } search)
            Begin(search);
        return base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _running?.Cancel();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public async Task Start(string from, string to, int shards)
    {
        GrainNames.Checked(from, "version");
        GrainNames.Checked(to, "version");
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        var search = new PriorSearchState(from, to, shards, null, null);
        if (_stored.State.Search is { HasEnded: false } other)
        {
            if (other == search)
                return;
            throw new InvalidOperationException($"One prior of a model is learned at a time; version '{other.To}' of model '{Model}' is being learned from '{other.From}'. Wait for its end, or cancel it.");
        }

        await Save(search);
        Begin(search);
    }

    public Task<PriorSearchState?> Describe() => Task.FromResult(_stored.State.Search);

    public async Task Cancel()
    {
        if (_stored.State.Search is not { HasEnded: false } search)
            return;
        _running?.Cancel();
        await Save(search with { Error = "The search was cancelled." });
    }

    public void Dispose() => _running?.Dispose();

    private void Begin(PriorSearchState search)
    {
        DelayDeactivation(s_longestSearch);
        _running = new CancellationTokenSource();
        Run(search, _running.Token).Ignore();
    }

    private async Task Run(PriorSearchState search, CancellationToken cancellationToken)
    {
        try
        {
            search = search with { Result = await Learn(search, cancellationToken) };
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            search = search with { Error = error.Message };
        }

        if (!cancellationToken.IsCancellationRequested)
            await Save(search);
        DelayDeactivation(TimeSpan.Zero);
    }

    private async Task Save(PriorSearchState search)
    {
        _stored.State = new StoredSearch { Search = search };
        await _stored.WriteStateAsync();
    }

    private async Task<LearnedPrior> Learn(PriorSearchState of, CancellationToken cancellationToken)
    {
        ServedModel model = await _models.Get(Model, of.From);
        IPriorShardGrain[] shards = [.. Enumerable.Range(0, of.Shards).Select(shard => GrainFactory.GetGrain<IPriorShardGrain>(GrainNames.KeyOf(Model, shard.ToString(CultureInfo.InvariantCulture))))];
        int rounds = 0;
        long bytes = 0;
        int fewOfAShard = (FewTasks + of.Shards - 1) / of.Shards;
        ShardedPriorSums few = new(point => Sum(point, null, fewOfAShard), (point, directions) => Sum(point, directions, fewOfAShard));
        ShardedPriorSums all = new(point => Sum(point, null, int.MaxValue), (point, directions) => Sum(point, directions, int.MaxValue));
        try
        {
            // The search is the same as in one process, so it waits for the sums. It has a thread of its own.
            var (search, file) = await Task.Factory.StartNew(() =>
            {
                PriorSearch search = model.LearnPrior(few, all, cancellationToken);
                return (search, model.WithPrior(search.Prior));
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            ModelVersion version = await GrainFactory.GetModel(Model).Publish(of.To, file, cancellationToken);
            return new LearnedPrior(version, all.Sums.Tasks, rounds, bytes, search.Objective);
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
            PriorAnswer[] answers = Task.WhenAll(shards.Select(shard => Ask(shard, request, cancellationToken))).GetAwaiter().GetResult();
            bytes = answers.Sum(answer => answer.ByteCount);
            return Array.ConvertAll(answers, answer => answer.ToSums());
        }
    }

    // A shard whose silo has died is activated on another one, which reads its rows again.
    private static async Task<PriorAnswer> Ask(IPriorShardGrain shard, PriorRequest request, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await shard.Sum(request);
            }
            catch (Exception error) when (attempt < Tries && error is (OrleansException or TimeoutException))
            {
                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }
}
