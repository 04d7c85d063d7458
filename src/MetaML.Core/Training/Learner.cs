using MetaML.Data;
using MetaML.Encoders;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;
using MetaML.Training.Options;
using MetaML.Weighting;

namespace MetaML.Training;

/// <summary>Trains one candidate: an encoder and an adapter for each kind of label.</summary>
internal static class Learner
{
    /// <summary>Runs the outer loop if the candidate has trained parameters.</summary>
    /// <param name="data">The data that all candidates share.</param>
    /// <param name="candidate">Validated options with encoder and adapter set.</param>
    /// <param name="run">The run of the whole training.</param>
    /// <exception cref="DllNotFoundException">The candidate has trained parameters, and the native torch library is absent.</exception>
    public static TrainedLearner Train(TrainingData data, MetaTrainingOptions candidate, TrainingRun run)
    {
        LearningProblem[] Problems(EncoderOptions encoder) => [.. data.Problems.Select(problem => new LearningProblem(problem, candidate with { Encoder = encoder }))];
        LearningProblem[] problems = Problems(candidate.Encoder!);
        FeatureScaling? scaling = data.ScalingFor(candidate.Encoder!);
        if (scaling?.Drawings is not null)
            run.Log?.Invoke("Images are normalised as drawings: paper is 0, ink is 1, and its position and size are common.");
        int seed = candidate.Seed ?? 0;
        var random = new Random(seed);
        IEncoder encoder = problems[0].Design.Encoder;
        ParameterArray[] encoderValues = ParameterArray.Initialize(encoder.Parameters, random);
        candidate.Encoder!.FitParameters(encoderValues, data.Problems.Select(problem => problem.TrainingTasks), scaling, new Random(seed), run.Stop.EndsNow);
        ParameterArray[][] adapterValues = Array.ConvertAll(problems, problem => ParameterArray.Initialize(problem.Design.Adapter.Parameters, random));
        foreach (var (problem, values) in problems.Zip(adapterValues))
            PooledStart.Set(problem, scaling, encoderValues, values, seed);
        var untrained = new TrainedLearner(candidate, problems, scaling, encoderValues, adapterValues, TrainingOutcome.None);

        bool isEncoderTrained = encoder.Parameters.Any(spec => spec.IsTrained);
        bool isTrained = isEncoderTrained || problems.Any(problem => problem.Design.Adapter.Parameters.Any(spec => spec.IsTrained));
        ITaskWeighting weighting = candidate.TaskWeighting.Create([.. problems.SelectMany(problem => problem.Tasks.Tasks, (problem, task) => new WeightedTask(task.Name, problem.Tasks.Kind, task.RowCount))]);
        if (weighting is IGradientWeighting && !isEncoderTrained)
            throw OptionCheck.Error(candidate, nameof(candidate.TaskWeighting), "one that does not compare gradients if the encoder has no trained parameters", candidate.TaskWeighting.GetType().Name, "Tasks share no parameters whose gradients could be compared.", "Choose another weighting, or an encoder with trained parameters.");
        if (!isTrained && candidate.TaskWeighting is not UniformWeightingOptions)
            run.Warn?.Invoke("Nothing is trained by gradients, so task weights change nothing.");
        if (!isTrained || candidate.MaximumNumberOfIterations == 0)
            return untrained;
        TorchRuntime.EnsureLoaded();
        TrainingDevice device = TrainingDevice.Choose(candidate, TrainingDevice.CountCuda, run.Decide);
        foreach (string reason in EpisodeReasons.OfRows(problems.Select(problem => problem.Tasks), candidate.Episodes))
            run.Decide(reason);

        // If the encoder is not trained, rows are embedded once before the loop.
        bool isOnEmbeddings = device.Cuda is null && problems.All(problem => problem.Design.IsOfFixedEmbeddings);
        using OuterLoop loop = isOnEmbeddings
            ? Loop(OnEmbeddings(problems, scaling, encoderValues), null, [])
            : Loop(Problems(candidate.Encoder!.InTraining), scaling, encoderValues);
        var (trainedEncoder, trainedAdapters) = loop.Run(run, run.Checkpoint?.NextStage());
        return new TrainedLearner(candidate, problems, scaling, isOnEmbeddings ? encoderValues : trainedEncoder, trainedAdapters, loop.Outcome);

        OuterLoop Loop(LearningProblem[] learning, FeatureScaling? by, ParameterArray[] start) => new(
            [(learning[0].Design.Encoder.Parameters, start), .. learning.Zip(adapterValues, (problem, values) => (problem.Design.Adapter.Parameters, values))],
            parameters => new EpisodeGradients(learning, weighting, by, parameters, candidate),
            candidate,
            device.ToTorch());
    }

    private static LearningProblem[] OnEmbeddings(LearningProblem[] problems, FeatureScaling? scaling, ParameterArray[] encoderValues)
    {
        var embeddings = new EmbeddedFeatureStore(problems[0].Tasks.Features, scaling, problems[0].Design.Encoder, encoderValues);
        return Array.ConvertAll(problems, problem => problem.OnEmbeddings(embeddings));
    }
}
