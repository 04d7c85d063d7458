using MetaML.Encoders;
using MetaML.Parameters;
using MetaML.Scoring;
using MetaML.Tasks;
using MetaML.Weighting;

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
        FeatureScaling? scaling = options.Encoder.StandardizeInputs ? FeatureScaling.Fit(training.Features, options.Encoder.StandardizesUniformly) : null;

        ITaskWeighting weighting = options.TaskWeighting.Create(training.Kind, training.Tasks);
        var random = new Random(seed);
        ParameterArray[] encoderValues = ParameterArray.Initialize(design.Encoder.Parameters, random);
        ParameterArray[] adapterValues = ParameterArray.Initialize(design.Adapter.Parameters, random);
        bool isTrained = design.Encoder.Parameters.Concat(design.Adapter.Parameters).Any(spec => spec.IsTrained);
        if (isTrained && options.MaximumNumberOfIterations > 0)
        {
            TorchRuntime.EnsureLoaded();
            using var loop = new OuterLoop(scaled, source, design, scaling, encoderValues, adapterValues, weighting, options);
            (encoderValues, adapterValues) = loop.Run(log);
        }

        var model = new MetaModel(design, scaling, labels, encoderValues, adapterValues);
        design.Adapter.CompletePrior(adapterValues, training.Tasks.Select(task => model.Embed(training.Features, task)));
        return model;
    }
}
