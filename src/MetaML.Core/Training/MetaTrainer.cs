using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Training;

/// <summary>Learns across tasks: θ* = argmin Σᵢ λᵢ Lᵢ(θ), with Lᵢ the query loss of task i after adapting on its support.</summary>
/// <remarks>The same seed and machine give the same bits.</remarks>
public static class MetaTrainer
{
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
    public static MetaModel Train(TaskSet training, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null) =>
        Train([training], options, log, warn)[0];

    /// <summary>Learns one encoder for tasks of several kinds of label, and an adapter for each kind.</summary>
    /// <param name="problems">The tasks of each kind, on one feature store; validation is split off them.</param>
    /// <param name="options">How to learn; the adapter must serve every kind.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <returns>A model for each problem, with the parameters that were best on the validation of all together.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; or there is no problem, or they differ in their features.</exception>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from, or the loss is no longer finite.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<MetaModel> Train(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        if (problems.Count == 0 || problems.Any(problem => problem.Features != problems[0].Features))
            throw new ArgumentException($"Problems must be at least one, all on the same feature store; got {problems.Count}. They could not share an encoder. Add every problem's rows to one store.", nameof(problems));
        foreach (TaskSet problem in problems)
            options.Validate(problem.Kind);

        LearningProblem[] all = [.. problems.Select(problem => new LearningProblem(problem, options, log, warn, fewestTasks: problems.Count == 1 ? 2 : 1))];
        FeatureScaling? scaling = options.Encoder.StandardizeInputs ? FeatureScaling.Fit(problems[0].Features, options.Encoder.StandardizesUniformly) : null;
        var random = new Random(options.Seed ?? 0);
        IReadOnlyList<ParameterSpec> encoderSpecs = all[0].Design.Encoder.Parameters;
        ParameterArray[] encoder = ParameterArray.Initialize(encoderSpecs, random);
        ParameterArray[][] adapters = Array.ConvertAll(all, problem => ParameterArray.Initialize(problem.Design.Adapter.Parameters, random));
        bool isTrained = encoderSpecs.Concat(all.SelectMany(problem => problem.Design.Adapter.Parameters)).Any(spec => spec.IsTrained);
        if (isTrained && options.MaximumNumberOfIterations > 0)
        {
            TorchRuntime.EnsureLoaded();
            using var loop = new OuterLoop(all, scaling, encoder, adapters, options);
            (encoder, adapters) = loop.Run(log);
        }

        return [.. all.Zip(adapters, (problem, adapter) => problem.Complete(scaling, encoder, adapter))];
    }
}
