using MetaML.Data;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;
using MetaML.Training.Options;
using MetaML.Weighting;

namespace MetaML.Training;

/// <summary>An encoder and the adapters on it after the outer loop, before their priors are completed.</summary>
internal sealed class TrainedLearner
{
    private const int JudgedBatches = 8;

    private readonly LearningProblem[] _problems;
    private readonly FeatureScaling? _scaling;
    private readonly ParameterArray[] _encoder;
    private readonly ParameterArray[][] _adapters;
    private readonly int _seed;
    private readonly TrainingOutcome _outcome = TrainingOutcome.None;

    /// <summary>Runs the outer loop, where there is anything to train.</summary>
    /// <param name="problems">On one feature store.</param>
    /// <param name="options">Validated, with encoder and adapter set.</param>
    /// <param name="run">Of the whole training.</param>
    /// <exception cref="DllNotFoundException">There is something to train, and no native torch library.</exception>
    public TrainedLearner(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, TrainingRun run)
    {
        _seed = options.Seed ?? 0;
        _problems = [.. problems.Select(problem => new LearningProblem(problem, options, run.Decide, run.Warn, fewestTasks: problems.Count == 1 ? 2 : 1))];
        _scaling = options.Encoder!.FitScaling(problems[0].Features);
        var random = new Random(_seed);
        IReadOnlyList<ParameterSpec> encoderSpecs = _problems[0].Design.Encoder.Parameters;
        _encoder = ParameterArray.Initialize(encoderSpecs, random);
        options.Encoder.FitParameters(_encoder, [.. _problems.Select(problem => problem.Tasks.With([.. problem.Source.Kept.Select(pool => pool.Task.Take(pool.Support))]))], _scaling, new Random(_seed));
        _adapters = Array.ConvertAll(_problems, problem => ParameterArray.Initialize(problem.Design.Adapter.Parameters, random));
        bool isTrained = encoderSpecs.Concat(_problems.SelectMany(problem => problem.Design.Adapter.Parameters)).Any(spec => spec.IsTrained);
        ITaskWeighting weighting = options.TaskWeighting.Create([.. problems.SelectMany(problem => problem.Tasks, (problem, task) => new WeightedTask(task.Name, problem.Kind, task.RowCount))]);
        if (weighting is IGradientWeighting && !encoderSpecs.Any(spec => spec.IsTrained))
            throw OptionCheck.Error(options, nameof(options.TaskWeighting), "one that does not compare gradients where the encoder has no trained parameters", options.TaskWeighting.GetType().Name, "Tasks share nothing whose gradients could conflict.", "Choose another, or an encoder that learns.");
        if (!isTrained && options.TaskWeighting is not UniformWeightingOptions)
            run.Warn?.Invoke("Nothing is trained by gradients, so task weights change nothing.");
        if (!isTrained || options.MaximumNumberOfIterations == 0)
            return;
        TorchRuntime.EnsureLoaded();
        TrainingDevice device = TrainingDevice.Choose(options, TrainingDevice.CountCuda, run.Decide);
        foreach (string reason in EpisodeReasons.OfRows(problems, options.Episodes))
            run.Decide(reason);

        // An encoder that does not learn stays outside of the loop.
        bool isOnEmbeddings = device.Cuda is null && _problems.All(problem => problem.Design.IsOfFixedEmbeddings);
        using OuterLoop loop = isOnEmbeddings
            ? new OuterLoop(OnEmbeddings(), weighting, null, [], _adapters, options, device.ToTorch())
            : new OuterLoop(_problems, weighting, _scaling, _encoder, _adapters, options, device.ToTorch());
        (ParameterArray[] encoder, _adapters) = loop.Run(run);
        _encoder = isOnEmbeddings ? _encoder : encoder;
        _outcome = loop.Outcome;
    }

    /// <summary>Whether anything was held out to judge by.</summary>
    public bool CanBeJudged => _problems.Any(problem => problem.Source.Validation is not null);

    /// <summary>The models, which know all tasks.</summary>
    /// <param name="judged">What <see cref="Judge()"/> gave; null where that was not asked.</param>
    /// <param name="reasons">What was chosen and why.</param>
    public IReadOnlyList<MetaModel> Complete(EvaluatedEpisode[]? judged, IReadOnlyList<string> reasons)
    {
        double? loss = judged is { Length: > 0 } ? judged.Average(episode => episode.Loss) : _outcome.ValidationLoss;
        int first = 0;
        return [.. Complete(problem => problem.Original.Tasks).Zip(_problems, (model, problem) =>
        {
            IReadOnlyList<LearningTask> tasks = problem.Original.Tasks;
            var summary = new TrainingSummary
            {
                Version = LibraryVersion.Current,
                TaskCount = tasks.Count,
                RowCount = tasks.Sum(task => (long)task.RowCount),
                Iterations = _outcome.Iterations,
                BestIteration = _outcome.BestIteration,
                ValidationLoss = loss is { } value && double.IsFinite(value) ? value : null,
                ValidationEpisodes = loss is null ? 0 : judged?.Length ?? _outcome.ValidationEpisodes,
                Reasons = [.. reasons],
            };
            Dictionary<string, double> weights = tasks.Zip(_outcome.TaskWeights.Skip(first)).ToDictionary(pair => pair.First.Name, pair => pair.Second);
            first += tasks.Count;
            return model.After(summary, weights);
        })];
    }

    /// <summary>The mean loss of each validation episode's query, after adapting models that know nothing of what is held out; values in units of their variance.</summary>
    /// <remarks>Other episodes of the same tasks, rows or classes than those by which the outer loop kept its best parameters.</remarks>
    public EvaluatedEpisode[] Judge()
    {
        MetaModel[] models = [.. Complete(problem => problem.Kept)];
        var judged = new List<EvaluatedEpisode>();
        int firstTask = 0;
        foreach (var (problem, model) in _problems.Zip(models))
        {
            var random = new Random(~_seed);
            for (int batch = 0; batch < JudgedBatches && problem.Source.Validation is { } sampler; batch++)
            {
                foreach (var (task, loss) in Judge(problem, model, sampler.Draw(random)))
                    judged.Add(new EvaluatedEpisode(problem.Source.HoldsOutTasks ? firstTask + task : -1 - judged.Count, loss));
            }

            firstTask += problem.Original.Tasks.Count;
        }

        return [.. judged];
    }

    private LearningProblem[] OnEmbeddings()
    {
        var embeddings = new EmbeddedFeatureStore(_problems[0].Tasks.Features, _scaling, _problems[0].Design.Encoder, _encoder);
        return Array.ConvertAll(_problems, problem => problem.OnEmbeddings(embeddings));
    }

    private IEnumerable<MetaModel> Complete(Func<LearningProblem, IReadOnlyList<LearningTask>> known) => _problems.Zip(_adapters, (problem, adapter) =>
    {
        ParameterArray[] own = Array.ConvertAll(adapter, array => array with { Values = [.. array.Values] });
        var model = new MetaModel(problem.Design, _scaling, problem.Labels, _encoder, own);
        problem.Design.Adapter.CompletePrior(own, known(problem).Select(task => model.Embed(problem.Original.Features, task)));
        return model;
    });

    private static IEnumerable<(int Task, double Loss)> Judge(LearningProblem problem, MetaModel model, IReadOnlyList<Episode> episodes)
    {
        // In the user's units; of classes, those of the episode's pool.
        int[] numbers = problem.NumbersOf(episodes);
        LearningTask[] tasks = problem.Original.Kind == LabelKind.Regression
            ? Array.ConvertAll(numbers, number => problem.Original.Tasks[number])
            : [.. episodes.Select(episode => episode.Task)];
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(problem.Original.With([.. tasks.Zip(episodes, (task, episode) => task.Take(episode.Support))]));
        MetaScorer scorer = model.CreateScorer();
        for (int e = 0; e < episodes.Count; e++)
        {
            double sum = 0, weight = 0;
            foreach (int position in episodes[e].Query)
            {
                float label = tasks[e].Labels[position];
                if (problem.Original.Kind == LabelKind.Multiclass && !adapted[e].Classes.Contains((int)label))
                    continue; // no row of the class was in the support
                double own = tasks[e].Weights?[position] ?? 1;
                ReadOnlySpan<float> scores = scorer.Score(adapted[e], problem.Original.Features[tasks[e].Rows[position]]);
                sum += own * LabelLoss.OfRow(problem.Original.Kind, scores, adapted[e].Classes, label) / (problem.Labels.Deviation * problem.Labels.Deviation);
                weight += own;
            }

            if (weight > 0)
                yield return (numbers[e], sum / weight);
        }
    }
}
