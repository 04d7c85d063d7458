using System.Diagnostics;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Files;
using MetaML.Parameters;
using MetaML.Training.Checkpoints;
using MetaML.Weighting;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>The meta-training loop. A step draws episodes, adapts to each support, and descends the weighted query losses through the adaptation.</summary>
/// <remarks>
/// The loop does not depend on the kind of encoder, adapter or weighting. The tasks of a step are divided among threads if they
/// are enough work. Gradients are added in the order of the parts, so that the results on one machine are bit-identical. Only the
/// thread that created the loop may use it.
/// </remarks>
internal sealed class OuterLoop : IResumable, IDisposable
{
    private const int ValidationBatches = 4;

    private const int LostPatienceShare = 4;

    // If a thread has fewer multiplications of the forward pass than this, it costs about as much as it saves.
    private const long WorkPerShard = 10_000_000;

    private readonly SingleIntraOpThread _thread = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ShardThreads _threads;
    private readonly OuterShard[] _shards;
    private readonly LearningProblem[] _problems;
    private readonly ITaskWeighting _weighting;
    private readonly FeatureScaling? _scaling;
    private readonly MetaTrainingOptions _options;
    private readonly int _seed;
    private readonly TrainedParameters _parameters;
    private readonly AdamOptimizer _optimizer;
    private TrainingStop? _stop; // the limits of this loop
    private BestParameters? _best; // by validation loss; null without validation
    private double _validationLoss; // of the last evaluation
    private int _iteration; // outer steps done
    private bool _isOver;

    /// <param name="problems">The problems, which share the encoder.</param>
    /// <param name="weighting">The weighting of the tasks of all problems, in the order of the problems.</param>
    /// <param name="scaling">The scaling of the features, or null.</param>
    /// <param name="encoder">The initial values of the encoder.</param>
    /// <param name="adapters">The initial values of the adapter of each problem.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="device">The device of all tensors of a step.</param>
    public OuterLoop(LearningProblem[] problems, ITaskWeighting weighting, FeatureScaling? scaling, ParameterArray[] encoder, ParameterArray[][] adapters, MetaTrainingOptions options, Device device)
    {
        _problems = problems;
        _weighting = weighting;
        _scaling = scaling;
        _options = options;
        _seed = options.Seed ?? 0;
        _parameters = new TrainedParameters([(problems[0].Design.Encoder.Parameters, encoder), .. problems.Zip(adapters, (problem, adapter) => (problem.Design.Adapter.Parameters, adapter))], device);
        _optimizer = new AdamOptimizer(_parameters);
        _threads = new ShardThreads(device.type == DeviceType.CPU ? options.NumberOfThreads ?? Environment.ProcessorCount : 1); // other devices manage their own threads
        _shards = [.. Enumerable.Range(0, _threads.Count).Select(_ => new OuterShard(problems, _parameters, scaling, zeros_like(_parameters.Theta)))];
    }

    /// <summary>How <see cref="Run"/> ended.</summary>
    public TrainingOutcome Outcome { get; private set; } = TrainingOutcome.None;

    /// <summary>Trains until the last step, until the validation loss stops improving, or until the training is stopped.</summary>
    /// <param name="run">The whole training. If its checkpoint contains this loop, the loop continues from the checkpoint.</param>
    /// <returns>The parameters with the lowest validation loss; without validation, the last parameters.</returns>
    public (ParameterArray[] Encoder, ParameterArray[][] Adapters) Run(TrainingRun run)
    {
        using var grad = enable_grad();
        var clock = Stopwatch.StartNew();
        _stop = run.Stop.Begin();
        int last = _options.MaximumNumberOfIterations;
        (LearningProblem Problem, EpisodeBatch Batch)[] validation = DrawValidation();
        int interval = _options.EarlyStopping?.EvaluationInterval ?? new EarlyStoppingOptions().EvaluationInterval;
        if (validation.Length > 0)
        {
            _validationLoss = Evaluate(validation);
            var (encoder, adapters) = Values();
            _best = new BestParameters(_validationLoss, encoder, adapters);
        }

        CheckpointStage? checkpoint = run.Checkpoint?.NextStage();
        if (checkpoint?.Begin(this) == true)
            run.Log?.Invoke($"Training goes on from iteration {_iteration}, where its checkpoint was written.");
        while (!_isOver)
        {
            if (run.Stop.Reason is { } reason)
            {
                checkpoint?.Save(this);
                run.Stop.ThrowUnlessBestIsKept();
                run.Decide($"Stopped after {_iteration} iterations: {reason}.");
                UpdateBest(validation); // evaluates the steps since the last evaluation; not part of a checkpoint
                break;
            }

            double loss = Step(++_iteration);
            bool isEvaluated = _best is not null && (_iteration % interval == 0 || _iteration == last);
            if (isEvaluated)
                UpdateBest(validation);
            _isOver = _iteration == last || (isEvaluated && _options.EarlyStopping is { } stopping && _iteration - _best!.Iteration >= PatienceOf(stopping, run) * interval);
            if (checkpoint is not null && (_isOver || _iteration % checkpoint.Interval == 0))
                checkpoint.Save(this);
            _options.Progress?.Report(new TrainingProgress(_iteration, last, loss, _best is null ? null : _validationLoss, clock.Elapsed) { TimeShare = _stop.TimeShare, TaskWeights = TaskWeights() });
        }

        if (_best is not null && _isOver && _iteration < last)
            run.Decide($"Stopped after {_iteration} iterations: validation loss {_best.Loss:G4} at iteration {_best.Iteration} was not improved since{(HasLost(run) ? $", and {run.ToBeat!.Value.Name} has {run.ToBeat.Value.Loss.Value:G4}" : "")}.");
        Outcome = new TrainingOutcome(_iteration, _best?.Iteration ?? _iteration, _best?.Loss, validation.Sum(pair => pair.Batch.TaskCount), [.. _weighting.Weights]);
        if (_best is null)
            return Values();
        run.Log?.Invoke($"Best validation loss {_best.Loss:G4} at iteration {_best.Iteration}, after {clock.Elapsed.TotalSeconds:F1} s.");
        return (_best.Encoder, _best.Adapters);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(ref _iteration, 0, _options.MaximumNumberOfIterations);
        state.Exchange(ref _isOver);
        state.Exchange(ref _validationLoss);
        IResumable?[] parts = [_parameters, _optimizer, _weighting, _best];
        foreach (IResumable? part in parts)
            part?.Exchange(state);
    }

    public void Dispose()
    {
        _threads.Dispose();
        _scope.Dispose();
        _thread.Dispose();
    }

    // One outer step; returns the mean loss of its tasks.
    private double Step(int iteration)
    {
        using var scope = NewDisposeScope();

        // The draws of a step depend only on the seed and on the number of the step.
        var random = new Random(unchecked(_seed * 1_000_003 + iteration));
        IReadOnlyList<Episode>[] drawn = Array.ConvertAll(_problems, problem => problem.Training.Draw(random));
        Episode[][][] parts = Share(drawn); // [parts][problems][episodes]
        try
        {
            var chance = new Random(random.Next()); // for the weighting; the same for any number of parts
            return Descend(parts, Array.ConvertAll(parts, _ => random.Next()), chance, iteration);
        }
        finally
        {
            _threads.Run(parts.Length, s => _shards[s].Reset());
        }
    }

    private double Descend(Episode[][][] parts, int[] seeds, Random chance, int iteration)
    {
        var gradients = _weighting as IGradientWeighting;
        double progress = Math.Max((iteration - 1.0) / _options.MaximumNumberOfIterations, _stop!.TimeShare);
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
        Descend(parts.Length, progress);
        if (_weighting is IAftermathWeighting aftermath)
            aftermath.ObserveAftermath(step.Numbers, before, step.Gather(Run(parts.Length, s => _shards[s].Evaluate())));
        return mean;
    }

    // A candidate that is no better than a simpler learner gets less time to improve.
    private int PatienceOf(EarlyStoppingOptions stopping, TrainingRun run) =>
        HasLost(run) ? Math.Max(1, stopping.Patience / LostPatienceShare) : stopping.Patience;

    private bool HasLost(TrainingRun run) => run.ToBeat is { } simpler && _best!.Loss >= simpler.Loss.Value;

    private T[] Run<T>(int parts, Func<int, T> work)
    {
        var results = new T[parts];
        _threads.Run(parts, s => results[s] = work(s));
        return results;
    }

    private void Descend(int parts, double progress)
    {
        using var constant = no_grad();
        Tensor gradient = _shards[0].Gradient;
        for (int s = 1; s < parts; s++)
            gradient.Add(_shards[s].Gradient, 1);
        double norm = gradient.norm().Value();
        if (norm > _options.MaximumGradientNorm)
            gradient.Scale(_options.MaximumGradientNorm / norm);
        double cosine = 0.5 * (1 + Math.Cos(Math.PI * progress));
        _optimizer.Step(gradient, _options.LearningRate * cosine);
    }

    // The number of parts depends on the amount of work. The episodes of a part are consecutive.
    private Episode[][][] Share(IReadOnlyList<Episode>[] drawn)
    {
        long work = drawn.Zip(_problems).Sum(pair => pair.Second.MultiplicationsPerRow * pair.First.Sum(episode => (long)episode.Support.Length + episode.Query.Length));
        int parts = (int)Math.Clamp(work / WorkPerShard, 1, Math.Min(_threads.Count, drawn.Max(episodes => episodes.Count)));
        return [.. Enumerable.Range(0, parts).Select(s => Array.ConvertAll(drawn, episodes =>
            episodes.Take(new Range(episodes.Count * s / parts, episodes.Count * (s + 1) / parts)).ToArray()))];
    }

    private void UpdateBest((LearningProblem Problem, EpisodeBatch Batch)[] validation)
    {
        if (_best is null)
            return;
        _validationLoss = Evaluate(validation);
        _best.Offer(_validationLoss, _iteration, Values);
    }

    private double Evaluate((LearningProblem Problem, EpisodeBatch Batch)[] validation)
    {
        var sums = new double[validation.Length];
        _threads.Run(Math.Min(_threads.Count, validation.Length), s =>
        {
            using var scope = NewDisposeScope();
            ParameterSet[] sets = _parameters.Sets(areLeaves: false);
            for (int i = s; i < validation.Length; i += _threads.Count)
            {
                using var inner = NewDisposeScope();
                var (problem, batch) = validation[i];
                sums[i] = OuterShard.Losses(problem, batch, sets[0], sets[1 + Array.IndexOf(_problems, problem)], progress: 1).Query.sum(0L).Value();
            }
        });
        return sums.Sum() / validation.Sum(pair => pair.Batch.TaskCount);
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

    // The weights of this step, even if they are read later: each step creates new weights.
    private IEnumerable<KeyValuePair<string, double>> TaskWeights()
    {
        IReadOnlyList<double> weights = _weighting.Weights;
        return _problems.SelectMany(problem => problem.Tasks.Tasks).Select((task, i) => KeyValuePair.Create(task.Name, weights[i]));
    }

    private (ParameterArray[] Encoder, ParameterArray[][] Adapters) Values()
    {
        using var scope = NewDisposeScope();
        ParameterSet[] sets = _parameters.Sets(areLeaves: false);
        return (sets[0].ToArrays(), [.. sets[1..].Select(set => set.ToArrays())]);
    }
}
