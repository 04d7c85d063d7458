using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Options;
using MetaML.Extensions.Orleans.Serving;
using MetaML.Training.Checkpoints;
using MetaML.Training.Shards;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>Learns a network from the gradients of shards.</summary>
[GrainType("metaml.network")]
internal sealed partial class NetworkGrain : LearningGrain<NetworkLearningState>, INetworkGrain
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly IPersistentState<StoredLearning> _stored;
    private readonly LocalModels _models;
    private readonly ILogger<NetworkGrain> _logger;

    public NetworkGrain(IGrainContext context, IPersistentStateFactory states, LocalModels models, IOptions<TaskGrainOptions> options, ILogger<NetworkGrain> logger)
    {
        _models = models;
        _logger = logger;
        _stored = states.Create<StoredLearning>(context, new StateConfiguration("network", options.Value.StorageName));
    }

    protected override NetworkLearningState? State
    {
        get => _stored.State.Learning;
        set
        {
            _stored.State.Learning = value;
            if (value?.HasEnded == true)
                _stored.State.Checkpoint = null; // of no more use
        }
    }

    protected override Task Write() => _stored.WriteStateAsync();

    public async Task Start(string from, string to, int shards, NetworkLearningOptions? options)
    {
        GrainNames.Checked(from, "version");
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        var request = new NetworkLearningState(from, to, shards, options ?? new NetworkLearningOptions(), 0, null, null);
        if (IsRunning(request))
            return;
        ServedModel model = await _models.Get(Model, from);
        request.Options.Validate(model.Kind);
        model.NeedsPriorAfterNetwork();
        await CheckNew(to);
        await CheckNew(BeforePrior(to));
        await Start(request);
    }

    protected override async Task<NetworkLearningState> Learn(NetworkLearningState of, CancellationToken cancellationToken)
    {
        ServedModel model = await _models.Get(Model, of.From);
        INetworkShardGrain[] shards = [.. Enumerable.Range(0, of.Shards).Select(shard => GrainFactory.GetGrain<INetworkShardGrain>(ShardReader.KeyOf(Model, shard)))];
        TaskScheduler scheduler = TaskScheduler.Current; // of this grain, whose state only its own thread reads and writes
        int iterations = of.Iterations;
        long bytes = 0;
        var checkpoint = new CheckpointStage(of.Options.CheckpointInterval, _stored.State.Checkpoint, Save);
        try
        {
            // The loop is that of one process, so it waits for the gradients. It has a thread of its own.
            var (file, summary) = await Task.Factory.StartNew(
                () => model.LearnNetwork(of.Options.ToTraining() with { CancellationToken = cancellationToken }, Differentiate, Validate, checkpoint),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            ModelVersion version = model.NeedsPriorAfterNetwork() ? await LearnPrior(of, file, cancellationToken) : await GrainFactory.GetModel(Model).Publish(of.To, file, cancellationToken);
            return of with { Iterations = iterations, Result = new LearnedNetwork(version, summary.TaskCount, summary.Iterations, summary.BestIteration, summary.ValidationLoss, bytes) };
        }
        finally
        {
            foreach (INetworkShardGrain shard in shards)
                shard.Release().Ignore();
        }

        NetworkPoint PointOf(float[] theta)
        {
            var point = new NetworkPoint(of.From, of.Options, of.Shards, PackedFloats.Pack(theta));
            bytes = 2L * of.Shards * point.Theta.Length; // a gradient is as large as θ
            return point;
        }

        IReadOnlyList<ShardGradient> Differentiate(float[] theta, int iteration, double progress)
        {
            iterations = iteration;
            NetworkPoint point = PointOf(theta);
            GradientAnswer[] answers = ShardCall.AskAll(shards, shard => shard.Differentiate(point, iteration, progress), cancellationToken);
            return Array.ConvertAll(answers, answer => new ShardGradient(answer.Loss, PackedFloats.Unpack(answer.Gradient)));
        }

        IReadOnlyList<ShardValidation> Validate(float[] theta)
        {
            NetworkPoint point = PointOf(theta);
            return Array.ConvertAll(
                ShardCall.AskAll(shards, shard => shard.Validate(point), cancellationToken),
                answer => new ShardValidation(answer.Tasks, answer.Rows, answer.Episodes, answer.Loss));
        }

        void Save(byte[] loop, bool isFirst)
        {
            NetworkLearningState state = of with { Iterations = iterations };
            Task.Factory.StartNew(() => SaveCheckpoint(state, loop, isFirst, cancellationToken), cancellationToken, TaskCreationOptions.None, scheduler).Unwrap().WaitAsync(cancellationToken).GetAwaiter().GetResult();
        }
    }

    private static string BeforePrior(string version) => $"{version}.network";

    private async Task SaveCheckpoint(NetworkLearningState state, byte[] checkpoint, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            await Store(() => (State, _stored.State.Checkpoint) = (state, checkpoint), cancellationToken);
        }
        catch (Exception error) when (!isFirst && error is not (OperationCanceledException or InconsistentStateException)) // which another activation has written
        {
            LogNotStored(error, Model, state.To);
        }
    }

    // Rows stay where they are, also for what sums over all tasks determine.
    private async Task<ModelVersion> LearnPrior(NetworkLearningState of, byte[] file, CancellationToken cancellationToken)
    {
        string before = BeforePrior(of.To);
        IModelGrain catalog = GrainFactory.GetModel(Model);
        IPriorGrain prior = GrainFactory.GetPrior(Model);
        await catalog.Publish(before, file, cancellationToken);
        while (await prior.Describe() is { HasEnded: false } other && other.To != of.To)
            await Task.Delay(s_pause, cancellationToken);
        try
        {
            return (await prior.Learn(before, of.To, of.Shards, cancellationToken)).Version;
        }
        finally
        {
            await catalog.Retire(before);
        }
    }

    private async Task CheckNew(string version)
    {
        GrainNames.Checked(version, "version");
        if ((await GrainFactory.GetModel(Model).List()).Any(each => each.Name == version))
            throw new ArgumentException($"The version that is learned must be a new one; model '{Model}' has a version '{version}'. It could not be published at the end. Choose another name, or retire the version.", nameof(version));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The checkpoint of version '{Version}' of model '{Model}' could not be stored. Learning continues, and the last stored checkpoint remains.")]
    private partial void LogNotStored(Exception error, string model, string version);
}
