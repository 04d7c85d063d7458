using MetaML.Data;
using MetaML.Episodes;
using MetaML.Files;
using MetaML.Parameters;
using MetaML.Weighting;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Gradients from episodes of tasks in this process.</summary>
/// <remarks>
/// The tasks of a step are divided among threads if they are enough work. Gradients are added in the order of the parts, so that the
/// results on one machine are bit-identical. The tensors belong to the dispose scope in which the object is created, and only the
/// thread that created it may use it.
/// </remarks>
internal sealed class EpisodeGradients : IGradientSource
{
    private const int ValidationBatches = 4;

    // If a thread has fewer multiplications of the forward pass than this, it costs about as much as it saves.
    private const long WorkPerShard = 10_000_000;

    private readonly LearningProblem[] _problems;
    private readonly ITaskWeighting _weighting;
    private readonly FeatureScaling? _scaling;
    private readonly TrainedParameters _parameters;
    private readonly int _seed;
    private readonly ShardThreads _threads;
    private readonly OuterShard[] _shards;
    private (LearningProblem Problem, EpisodeBatch Batch)[]? _validation; // drawn when they are first evaluated

    /// <param name="problems">The problems, which share the encoder.</param>
    /// <param name="weighting">The weighting of the tasks of all problems, in the order of the problems.</param>
    /// <param name="scaling">The scaling of the features, or null.</param>
    /// <param name="parameters">The set of the encoder, then the set of each problem's adapter.</param>
    /// <param name="options">Validated options.</param>
    public EpisodeGradients(LearningProblem[] problems, ITaskWeighting weighting, FeatureScaling? scaling, TrainedParameters parameters, MetaTrainingOptions options)
    {
        _problems = problems;
        _weighting = weighting;
        _scaling = scaling;
        _parameters = parameters;
        _seed = options.Seed ?? 0;
        _threads = new ShardThreads(parameters.Theta.device.type == DeviceType.CPU ? options.NumberOfThreads ?? Environment.ProcessorCount : 1); // other devices manage their own threads
        _shards = [.. Enumerable.Range(0, _threads.Count).Select(_ => new OuterShard(problems, parameters, scaling, zeros_like(parameters.Theta)))];
    }

    /// <inheritdoc/>
    public int ValidationEpisodes => _validation?.Sum(pair => pair.Batch.TaskCount) ?? 0;

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, double>> TaskWeights
    {
        get
        {
            IReadOnlyList<double> weights = _weighting.Weights; // each step creates new ones
            return _problems.SelectMany(problem => problem.Tasks.Tasks).Select((task, i) => KeyValuePair.Create(task.Name, weights[i]));
        }
    }

    /// <inheritdoc/>
    public double Step(int iteration, double progress, Action<Tensor> descend)
    {
        using var scope = NewDisposeScope();

        // The draws of a step depend only on the seed and on the number of the step.
        var random = new Random(unchecked(_seed * 1_000_003 + iteration));
        IReadOnlyList<Episode>[] drawn = Array.ConvertAll(_problems, problem => problem.Training.Draw(random));
        Episode[][][] parts = Share(drawn); // [parts][problems][episodes]
        try
        {
            var chance = new Random(random.Next()); // for the weighting; the same for any number of parts
            int[] seeds = Array.ConvertAll(parts, _ => random.Next());
            var gradients = _weighting as IGradientWeighting;
            var step = new StepTasks(parts, _problems);
            float[][] losses = Run(parts.Length, s => _shards[s].Forward(parts[s], new Random(seeds[s]), progress, gradients));
            double[] before = step.Gather(losses);
            double mean = before.Average();
            if (!double.IsFinite(mean))
                throw new InvalidOperationException($"The training loss must stay finite; got {mean} in iteration {iteration}. Training cannot go on. Lower LearningRate, or an inner learning rate, or standardise the inputs.");

            _weighting.Observe(step.Numbers, before, chance);
            double[] weights = gradients is null
                ? Array.ConvertAll(step.Numbers, task => _weighting.Weights[task])
                : gradients.Combine(step.Numbers, step.Gather(TaskGradients.Products([.. Run(parts.Length, s => _shards[s].DifferentiateByTask()).SelectMany(part => part)])), chance);
            float[][] shares = step.Scatter(Array.ConvertAll(weights, weight => weight / weights.Length));
            _threads.Run(parts.Length, s => _shards[s].Backward(shares[s]));
            descend(Gradient(parts.Length));
            if (_weighting is IAftermathWeighting aftermath)
                aftermath.ObserveAftermath(step.Numbers, before, step.Gather(Run(parts.Length, s => _shards[s].Evaluate())));
            return mean;
        }
        finally
        {
            _threads.Run(parts.Length, s => _shards[s].Reset());
        }
    }

    /// <inheritdoc/>
    public double? Evaluate()
    {
        _validation ??= DrawValidation();
        if (_validation.Length == 0)
            return null;
        var sums = new double[_validation.Length];
        _threads.Run(Math.Min(_threads.Count, _validation.Length), s =>
        {
            using var scope = NewDisposeScope();
            ParameterSet[] sets = _parameters.Sets(areLeaves: false);
            for (int i = s; i < _validation.Length; i += _threads.Count)
            {
                using var inner = NewDisposeScope();
                var (problem, batch) = _validation[i];
                sums[i] = OuterShard.Losses(problem, batch, sets[0], sets[1 + Array.IndexOf(_problems, problem)], progress: 1).Query.sum(0L).Value();
            }
        });
        return sums.Sum() / ValidationEpisodes;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => _weighting.Exchange(state);

    public void Dispose() => _threads.Dispose();

    private T[] Run<T>(int parts, Func<int, T> work)
    {
        var results = new T[parts];
        _threads.Run(parts, s => results[s] = work(s));
        return results;
    }

    private Tensor Gradient(int parts)
    {
        using var constant = no_grad();
        Tensor gradient = _shards[0].Gradient;
        for (int s = 1; s < parts; s++)
            gradient.Add(_shards[s].Gradient, 1);
        return gradient;
    }

    // The number of parts depends on the amount of work. The episodes of a part are consecutive.
    private Episode[][][] Share(IReadOnlyList<Episode>[] drawn)
    {
        long work = drawn.Zip(_problems).Sum(pair => pair.Second.MultiplicationsPerRow * pair.First.Sum(episode => (long)episode.Support.Length + episode.Query.Length));
        int parts = (int)Math.Clamp(work / WorkPerShard, 1, Math.Min(_threads.Count, drawn.Max(episodes => episodes.Count)));
        return [.. Enumerable.Range(0, parts).Select(s => Array.ConvertAll(drawn, episodes =>
            episodes.Take(new Range(episodes.Count * s / parts, episodes.Count * (s + 1) / parts)).ToArray()))];
    }

    // The episodes are the same each time, so that evaluations can be compared.
    private (LearningProblem, EpisodeBatch)[] DrawValidation()
    {
        var batches = new List<(LearningProblem, EpisodeBatch)>();
        foreach (LearningProblem problem in _problems)
        {
            var random = new Random(_seed);
            for (int i = 0; i < ValidationBatches && problem.Validation is { } sampler; i++)
                batches.Add((problem, problem.Gather(sampler.Draw(random), _scaling, _parameters.Theta.device)));
        }

        return [.. batches];
    }
}
