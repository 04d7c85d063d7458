using System.Diagnostics;
using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using MetaML.Weighting;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Training;

/// <summary>The one meta-training loop: draw episodes, adapt on support, descend the weighted query loss through the adaptation.</summary>
/// <remarks>It knows nothing of what encodes, adapts or weighs. It belongs to the thread that made it.</remarks>
internal sealed class OuterLoop : IDisposable
{
    private const int ValidationBatches = 4;

    private readonly SingleIntraOpThread _thread = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TaskSet _training;
    private readonly EpisodeSource _source;
    private readonly MetaModelDesign _design;
    private readonly FeatureScaling? _scaling;
    private readonly MetaTrainingOptions _options;
    private readonly int _seed;
    private readonly ParameterSet _encoder;
    private readonly ParameterSet _adapter;
    private readonly Parameter[] _trained;
    private readonly AdamOptimizer _optimizer;
    private readonly Generator _dropout;
    private readonly ITaskWeighting _weighting;
    private readonly Dictionary<string, int> _taskNumbers;

    /// <param name="training">The tasks, labels standardised.</param>
    /// <param name="source">Draws their episodes.</param>
    /// <param name="design">What encodes and adapts.</param>
    /// <param name="scaling">Of the features, or null.</param>
    /// <param name="encoderValues">First values.</param>
    /// <param name="adapterValues">First values.</param>
    /// <param name="weighting">λ.</param>
    /// <param name="options">Validated.</param>
    public OuterLoop(
        TaskSet training, EpisodeSource source, MetaModelDesign design, FeatureScaling? scaling, ParameterArray[] encoderValues, ParameterArray[] adapterValues, ITaskWeighting weighting, MetaTrainingOptions options)
    {
        _training = training;
        _source = source;
        _design = design;
        _scaling = scaling;
        _options = options;
        _seed = options.Seed ?? 0;
        _encoder = Trainable(design.Encoder.Parameters, encoderValues);
        _adapter = Trainable(design.Adapter.Parameters, adapterValues);
        var trained = design.Encoder.Parameters.Zip(_encoder.Tensors).Concat(design.Adapter.Parameters.Zip(_adapter.Tensors))
            .Where(pair => pair.First.IsTrained).Select(pair => ((Parameter)pair.Second, pair.First.LearningRateFactor)).ToArray();
        _trained = [.. trained.Select(pair => pair.Item1)];
        _optimizer = new AdamOptimizer(trained);
        _dropout = new Generator((ulong)(uint)_seed);
        _weighting = weighting;
        _taskNumbers = training.Tasks.Select((task, number) => (task.Name, number)).ToDictionary(pair => pair.Name, pair => pair.number);
    }

    /// <summary>Trains to the end, or until validation stops improving.</summary>
    /// <param name="log">Told how it ended; may be null.</param>
    /// <returns>The parameters that were best on validation; the last ones where there is none.</returns>
    public (ParameterArray[] Encoder, ParameterArray[] Adapter) Run(Action<string>? log)
    {
        using var grad = enable_grad();
        var clock = Stopwatch.StartNew();
        int last = _options.MaximumNumberOfIterations;
        EpisodeBatch[] validation = _source.Validation is null ? [] : DrawValidation(_source.Validation);
        int interval = _options.EarlyStopping?.EvaluationInterval ?? new EarlyStoppingOptions().EvaluationInterval;
        var best = (Loss: validation.Length > 0 ? Evaluate(validation) : double.PositiveInfinity, Iteration: 0, Encoder: _encoder.ToArrays(), Adapter: _adapter.ToArrays());
        double? validationLoss = validation.Length > 0 ? best.Loss : null;

        for (int iteration = 1; iteration <= last; iteration++)
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            double loss = Step(iteration);
            bool judged = validation.Length > 0 && (iteration % interval == 0 || iteration == last);
            if (judged)
            {
                validationLoss = Evaluate(validation);
                if (validationLoss < best.Loss)
                    best = (validationLoss.Value, iteration, _encoder.ToArrays(), _adapter.ToArrays());
            }

            _options.Progress?.Report(new TrainingProgress(iteration, last, loss, validationLoss, clock.Elapsed) { TaskWeights = TaskWeights() });
            if (judged && _options.EarlyStopping is { } stopping && iteration - best.Iteration >= stopping.Patience * interval)
            {
                log?.Invoke($"Stopped after {iteration} iterations: validation loss {best.Loss:G4} at iteration {best.Iteration} was not improved since.");
                break;
            }
        }

        if (validation.Length == 0)
            return (_encoder.ToArrays(), _adapter.ToArrays());
        log?.Invoke($"Best validation loss {best.Loss:G4} at iteration {best.Iteration}, after {clock.Elapsed.TotalSeconds:F1} s.");
        return (best.Encoder, best.Adapter);
    }

    public void Dispose()
    {
        _dropout.Dispose();
        _scope.Dispose();
        _thread.Dispose();
    }

    // One outer step; returns the mean loss of its tasks.
    private double Step(int iteration)
    {
        using var scope = NewDisposeScope();

        // Each step's draws depend on the seed and its number alone.
        var random = new Random(unchecked(_seed * 1_000_003 + iteration));
        IReadOnlyList<Episode> episodes = _source.Training.Draw(random);
        EpisodeBatch batch = EpisodeBatch.Create(_training, episodes, _scaling).WithFeatures(features => _design.Encoder.Augment(features, random));
        var (losses, outerLosses) = QueryLosses(batch, (iteration - 1.0) / _options.MaximumNumberOfIterations, _dropout); // Lᵢ [tasks]
        float[] values = ParameterSet.ToArray(losses);
        double mean = values.Average();
        if (!double.IsFinite(mean))
            throw new InvalidOperationException($"The training loss must stay finite; got {mean} in iteration {iteration}. Training cannot go on. Lower LearningRate, or an inner learning rate, or standardise the inputs.");

        int[] tasks = [.. episodes.Select(episode => _taskNumbers[episode.Task.Name])];
        _weighting.Observe(tasks, [.. values.Select(value => (double)value)], random);
        Tensor weights = tensor(Array.ConvertAll(tasks, task => (float)_weighting.Weights[task])); // λᵢ [tasks]

        _optimizer.ClearGradients();
        (outerLosses * weights).mean().backward();
        nn.utils.clip_grad_norm_(_trained, _options.MaximumGradientNorm);
        double cosine = 0.5 * (1 + Math.Cos(Math.PI * (iteration - 1) / _options.MaximumNumberOfIterations));
        _optimizer.Step(_options.LearningRate * cosine);
        return mean;
    }

    // Both [tasks]: each task's query loss after adapting on its support, and what the outer step descends, the same as a rule.
    private (Tensor Query, Tensor Outer) QueryLosses(EpisodeBatch batch, double progress = 0, Generator? dropout = null)
    {
        var input = AdaptationInput.Of(batch, _design.Encoder, _encoder, _adapter, isTraining: true, dropout, progress);
        AdaptedTasks adapted = _design.Adapter.Adapt(input);
        Tensor LossOf(AdaptedTasks tasks) => LabelLoss.PerTask(batch.Kind, tasks.Score(_design.Encoder, batch.Query.Features, dropout), batch.Query, batch.ClassMask);
        Tensor query = LossOf(adapted);
        return (query, adapted.OuterLoss(query, LossOf));
    }

    private double Evaluate(EpisodeBatch[] validation)
    {
        double sum = 0;
        foreach (EpisodeBatch batch in validation)
        {
            using var scope = NewDisposeScope();
            sum += QueryLosses(batch).Query.sum(0L).Value();
        }

        return sum / validation.Sum(batch => batch.TaskCount);
    }

    // The same episodes every time, so that one judgement can be compared with the next.
    private EpisodeBatch[] DrawValidation(IEpisodeSampler sampler)
    {
        var random = new Random(_seed);
        return [.. Enumerable.Range(0, ValidationBatches).Select(_ => EpisodeBatch.Create(_training, sampler.Draw(random), _scaling))];
    }

    // Of this step, however late they are read: each step makes new weights.
    private IEnumerable<KeyValuePair<string, double>> TaskWeights()
    {
        IReadOnlyList<double> weights = _weighting.Weights;
        return _training.Tasks.Select((task, i) => KeyValuePair.Create(task.Name, weights[i]));
    }

    private static ParameterSet Trainable(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
        ParameterSet.FromArrays(specs, values).Map((name, value) => new Parameter(value, specs.First(spec => spec.Name == name).IsTrained));
}
