using System.Diagnostics;
using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Training;

/// <summary>The one meta-training loop: draw episodes, adapt on support, descend the query loss through the adaptation.</summary>
/// <remarks>
/// θ* = argmin Σᵢ λᵢ Lᵢ(θ), with Lᵢ the query loss of task i after adapting on its support. The loop knows nothing of what
/// encodes or adapts. The same seed, machine and number of threads give the same bits.
/// </remarks>
public static class MetaTrainer
{
    private const int ValidationBatches = 4;

    /// <summary>Learns an encoder and an adapter from tasks.</summary>
    /// <param name="training">The tasks; validation is split off them.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <returns>The model with the parameters that were best on validation.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from, or the loss is no longer finite.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static MetaModel Train(TaskSet training, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        options.Validate(training.Kind);
        int seed = options.Seed ?? 0;
        LabelScaling labels = LabelScaling.Fit(training);
        TaskSet scaled = labels.Apply(training);
        EpisodeSource source = EpisodeSource.Split(scaled, options, new Random(seed), log, warn);

        bool hasCommonOutputs = training.HasCommonClasses && options.Episodes.Ways is null;
        int? outputs = !hasCommonOutputs ? null : training.Kind == LabelKind.Multiclass ? training.ClassCount : 1;
        var design = new MetaModelDesign(training.Kind, training.Features.FeatureCount, outputs, options.Encoder, options.Adapter);
        FeatureScaling? scaling = options.Encoder.StandardizeInputs ? FeatureScaling.Fit(training.Features) : null;

        var random = new Random(seed);
        ParameterArray[] encoderValues = ParameterArray.Initialize(design.Encoder.Parameters, random);
        ParameterArray[] adapterValues = ParameterArray.Initialize(design.Adapter.Parameters, random);
        bool isTrained = design.Encoder.Parameters.Concat(design.Adapter.Parameters).Any(spec => spec.IsTrained);
        if (isTrained && options.MaximumNumberOfIterations > 0)
        {
            TorchRuntime.EnsureLoaded();
            (encoderValues, adapterValues) = Optimize(scaled, source, design, scaling, encoderValues, adapterValues, options, log);
        }

        var model = new MetaModel(design, scaling, labels, encoderValues, adapterValues);
        design.Adapter.CompletePrior(adapterValues, training.Tasks.Select(task => model.Embed(training.Features, task)));
        return model;
    }

    private static (ParameterArray[] Encoder, ParameterArray[] Adapter) Optimize(
        TaskSet training,
        EpisodeSource source,
        MetaModelDesign design,
        FeatureScaling? scaling,
        ParameterArray[] encoderValues,
        ParameterArray[] adapterValues,
        MetaTrainingOptions options,
        Action<string>? log)
    {
        using var thread = new SingleIntraOpThread();
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var clock = Stopwatch.StartNew();
        int seed = options.Seed ?? 0, last = options.MaximumNumberOfIterations;

        ParameterSet encoder = Trainable(design.Encoder.Parameters, encoderValues);
        ParameterSet adapter = Trainable(design.Adapter.Parameters, adapterValues);
        var trained = design.Encoder.Parameters.Zip(encoder.Tensors).Concat(design.Adapter.Parameters.Zip(adapter.Tensors))
            .Where(pair => pair.First.IsTrained).Select(pair => (Spec: pair.First, Parameter: (Parameter)pair.Second)).ToArray();
        var optimizer = new AdamOptimizer(trained.Select(p => (p.Parameter, p.Spec.LearningRateFactor)));
        using var dropout = new Generator((ulong)(uint)seed);

        EpisodeBatch[] validation = source.Validation is null ? [] : DrawValidation(source.Validation, training, scaling, seed);
        int interval = options.EarlyStopping?.EvaluationInterval ?? new EarlyStoppingOptions().EvaluationInterval;
        var best = (Loss: validation.Length > 0 ? Evaluate(validation, design, encoder, adapter) : double.PositiveInfinity, Iteration: 0, Encoder: encoderValues, Adapter: adapterValues);
        double? validationLoss = validation.Length > 0 ? best.Loss : null;

        for (int iteration = 1; iteration <= last; iteration++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            double loss = Step(training, source.Training, design, scaling, encoder, adapter, optimizer, trained, iteration, dropout, options);

            bool judged = validation.Length > 0 && (iteration % interval == 0 || iteration == last);
            if (judged)
            {
                validationLoss = Evaluate(validation, design, encoder, adapter);
                if (validationLoss < best.Loss)
                    best = (validationLoss.Value, iteration, encoder.ToArrays(), adapter.ToArrays());
            }

            options.Progress?.Report(new TrainingProgress(iteration, last, loss, validationLoss, clock.Elapsed));
            if (judged && options.EarlyStopping is { } stopping && iteration - best.Iteration >= stopping.Patience * interval)
            {
                log?.Invoke($"Stopped after {iteration} iterations: validation loss {best.Loss:G4} at iteration {best.Iteration} was not improved since.");
                break;
            }
        }

        if (validation.Length == 0)
            return (encoder.ToArrays(), adapter.ToArrays());
        log?.Invoke($"Best validation loss {best.Loss:G4} at iteration {best.Iteration}, after {clock.Elapsed.TotalSeconds:F1} s.");
        return (best.Encoder, best.Adapter);
    }

    private static double Step(
        TaskSet training,
        IEpisodeSampler sampler,
        MetaModelDesign design,
        FeatureScaling? scaling,
        ParameterSet encoder,
        ParameterSet adapter,
        AdamOptimizer optimizer,
        (ParameterSpec Spec, Parameter Parameter)[] trained,
        int iteration,
        Generator dropout,
        MetaTrainingOptions options)
    {
        using var scope = NewDisposeScope();

        // Each step's draws depend on the seed and its number alone.
        var random = new Random(unchecked((options.Seed ?? 0) * 1_000_003 + iteration));
        EpisodeBatch batch = EpisodeBatch.Create(training, sampler.Draw(random), scaling);
        Tensor loss = QueryLosses(batch, design, encoder, adapter, dropout).mean(); // λᵢ = 1
        double value = loss.Value();
        if (!double.IsFinite(value))
            throw new InvalidOperationException($"The training loss must stay finite; got {value} in iteration {iteration}. Training cannot go on. Lower LearningRate, or an inner learning rate, or standardise the inputs.");

        optimizer.ClearGradients();
        loss.backward();
        nn.utils.clip_grad_norm_(trained.Select(p => p.Parameter), options.MaximumGradientNorm);
        double cosine = 0.5 * (1 + Math.Cos(Math.PI * (iteration - 1) / options.MaximumNumberOfIterations));
        optimizer.Step(options.LearningRate * cosine);
        return value;
    }

    // [tasks]: each task's query loss after adapting on its support.
    private static Tensor QueryLosses(EpisodeBatch batch, MetaModelDesign design, ParameterSet encoder, ParameterSet adapter, Generator? dropout)
    {
        var input = AdaptationInput.Of(batch, design.Encoder, encoder, adapter, isTraining: true, dropout);
        Tensor scores = design.Adapter.Adapt(input).Score(design.Encoder, batch.Query.Features, dropout);
        return LabelLoss.PerTask(batch.Kind, scores, batch.Query, batch.ClassMask);
    }

    private static double Evaluate(EpisodeBatch[] validation, MetaModelDesign design, ParameterSet encoder, ParameterSet adapter)
    {
        double sum = 0;
        foreach (EpisodeBatch batch in validation)
        {
            using var scope = NewDisposeScope();
            sum += QueryLosses(batch, design, encoder, adapter, dropout: null).sum(0L).Value();
        }

        return sum / validation.Sum(batch => batch.TaskCount);
    }

    // The same episodes every time, so that one judgement can be compared with the next.
    private static EpisodeBatch[] DrawValidation(IEpisodeSampler sampler, TaskSet training, FeatureScaling? scaling, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, ValidationBatches).Select(_ => EpisodeBatch.Create(training, sampler.Draw(random), scaling))];
    }

    private static ParameterSet Trainable(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
        ParameterSet.FromArrays(specs, values).Map((name, value) => new Parameter(value, specs.First(spec => spec.Name == name).IsTrained));
}
