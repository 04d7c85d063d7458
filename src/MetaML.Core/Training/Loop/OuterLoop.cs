using System.Diagnostics;
using MetaML.Files;
using MetaML.Parameters;
using MetaML.Training.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>The meta-training loop. A step draws episodes, adapts to each support, and descends the weighted query losses through the adaptation.</summary>
/// <remarks>
/// The loop does not depend on the kind of encoder, adapter or weighting, nor on where the tasks are. Only the thread that created
/// the loop may use it.
/// </remarks>
internal sealed class OuterLoop : IResumable, IDisposable
{
    private const int LostPatienceShare = 4;

    private readonly SingleIntraOpThread _thread = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TrainedParameters _parameters;
    private readonly AdamOptimizer _optimizer;
    private readonly IGradientSource _source;
    private readonly MetaTrainingOptions _options;
    private TrainingStop? _stop; // the limits of this loop
    private BestParameters? _best; // by validation loss; null without validation
    private double _validationLoss; // of the last evaluation
    private int _iteration; // outer steps done
    private bool _isOver;

    /// <param name="initial">The specs and the initial values of the encoder, and then of the adapter of each problem.</param>
    /// <param name="source">Makes the source of the gradients by the parameters, which the loop disposes.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="device">The device of the parameters.</param>
    public OuterLoop(IReadOnlyList<(IReadOnlyList<ParameterSpec> Specs, ParameterArray[] Values)> initial, Func<TrainedParameters, IGradientSource> source, MetaTrainingOptions options, Device device)
    {
        _options = options;
        _parameters = new TrainedParameters(initial, device);
        _optimizer = new AdamOptimizer(_parameters);
        _source = source(_parameters);
    }

    /// <summary>How <see cref="Run"/> ended.</summary>
    public TrainingOutcome Outcome { get; private set; } = TrainingOutcome.None;

    /// <summary>Trains until the last step, until the validation loss stops improving, or until the training is stopped.</summary>
    /// <param name="run">The whole training.</param>
    /// <param name="checkpoint">The checkpoint of this loop; null for none. If it has a state, the loop continues from it.</param>
    /// <returns>The parameters with the lowest validation loss; without validation, the last parameters.</returns>
    public (ParameterArray[] Encoder, ParameterArray[][] Adapters) Run(TrainingRun run, CheckpointStage? checkpoint)
    {
        using var grad = enable_grad();
        var clock = Stopwatch.StartNew();
        _stop = run.Stop.Begin();
        int last = _options.MaximumNumberOfIterations;
        int interval = _options.EarlyStopping?.EvaluationInterval ?? new EarlyStoppingOptions().EvaluationInterval;
        if (_source.Evaluate() is { } first)
        {
            _validationLoss = first;
            var (encoder, adapters) = Values();
            _best = new BestParameters(_validationLoss, encoder, adapters);
        }

        if (checkpoint?.Begin(this) == true)
            run.Log?.Invoke($"Training goes on from iteration {_iteration}, where its checkpoint was written.");
        while (!_isOver)
        {
            if (run.Stop.Reason is { } reason)
            {
                checkpoint?.Save(this);
                run.Stop.ThrowUnlessBestIsKept();
                run.Decide($"Stopped after {_iteration} iterations: {reason}.");
                UpdateBest(); // evaluates the steps since the last evaluation; not part of a checkpoint
                break;
            }

            double loss = Step(++_iteration);
            bool isEvaluated = _best is not null && (_iteration % interval == 0 || _iteration == last);
            if (isEvaluated)
                UpdateBest();
            _isOver = _iteration == last || (isEvaluated && _options.EarlyStopping is { } stopping && _iteration - _best!.Iteration >= PatienceOf(stopping, run) * interval);
            if (checkpoint is not null && (_isOver || _iteration % checkpoint.Interval == 0))
                checkpoint.Save(this);
            _options.Progress?.Report(new TrainingProgress(_iteration, last, loss, _best is null ? null : _validationLoss, clock.Elapsed) { TimeShare = _stop.TimeShare, TaskWeights = _source.TaskWeights });
        }

        if (_best is not null && _isOver && _iteration < last)
            run.Decide($"Stopped after {_iteration} iterations: validation loss {_best.Loss:G4} at iteration {_best.Iteration} was not improved since{(HasLost(run) ? $", and {run.ToBeat!.Value.Name} has {run.ToBeat.Value.Loss.Value:G4}" : "")}.");
        Outcome = new TrainingOutcome(_iteration, _best?.Iteration ?? _iteration, _best?.Loss, _source.ValidationEpisodes, [.. _source.TaskWeights.Select(pair => pair.Value)]);
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
        IResumable?[] parts = [_parameters, _optimizer, _source, _best];
        foreach (IResumable? part in parts)
            part?.Exchange(state);
    }

    public void Dispose()
    {
        _source.Dispose();
        _scope.Dispose();
        _thread.Dispose();
    }

    // One outer step; returns the mean loss of its tasks.
    private double Step(int iteration)
    {
        double progress = Math.Max((iteration - 1.0) / _options.MaximumNumberOfIterations, _stop!.TimeShare);
        return _source.Step(iteration, progress, gradient => Descend(gradient, progress));
    }

    // A candidate that is no better than a simpler learner gets less time to improve.
    private int PatienceOf(EarlyStoppingOptions stopping, TrainingRun run) =>
        HasLost(run) ? Math.Max(1, stopping.Patience / LostPatienceShare) : stopping.Patience;

    private bool HasLost(TrainingRun run) => run.ToBeat is { } simpler && _best!.Loss >= simpler.Loss.Value;

    private void Descend(Tensor gradient, double progress)
    {
        using var constant = no_grad();
        double norm = gradient.norm().Value();
        if (norm > _options.MaximumGradientNorm)
            gradient.Scale(_options.MaximumGradientNorm / norm);
        double cosine = 0.5 * (1 + Math.Cos(Math.PI * progress));
        _optimizer.Step(gradient, _options.LearningRate * cosine);
    }

    private void UpdateBest()
    {
        if (_best is null)
            return;
        _validationLoss = _source.Evaluate()!.Value;
        _best.Offer(_validationLoss, _iteration, Values);
    }

    private (ParameterArray[] Encoder, ParameterArray[][] Adapters) Values()
    {
        using var scope = NewDisposeScope();
        ParameterSet[] sets = _parameters.Sets(areLeaves: false);
        return (sets[0].ToArrays(), [.. sets[1..].Select(set => set.ToArrays())]);
    }
}
