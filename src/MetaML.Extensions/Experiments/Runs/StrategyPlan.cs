using System.Diagnostics.CodeAnalysis;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The strategies that an experiment compares, each as a pipeline from the raw data.</summary>
internal sealed class StrategyPlan
{
    private const string TaskFeature = "MetaML.Task", PooledScore = "MetaML.PooledScore";

    private static readonly SearchedOption s_width = new("width", 16, 128, 512, IsWhole: true);

    private const double LargestShareOfOwnChoice = 1.0 / 3; // of the time

    private readonly MLContext _context;
    private readonly TaskExperimentSettings _settings;
    private readonly ExperimentColumns _columns;
    private readonly LabelKind _kind;
    private readonly IEstimator<ITransformer>? _featurizer;

    /// <exception cref="ArgumentException">An output column has the name of the label or of the task.</exception>
    public StrategyPlan(MLContext context, TaskExperimentSettings settings, ExperimentColumns columns, LabelKind kind, DataViewSchema schema, IEstimator<ITransformer>? preFeaturizer)
    {
        _context = context;
        _settings = settings;
        _columns = columns;
        _kind = kind;
        (settings.MetaLearner with { LabelColumnName = columns.Label, TaskColumnName = columns.Task }).CheckNotHidden(kind);
        _featurizer = _kind == LabelKind.Multiclass && !SchemaShapes.IsKey(preFeaturizer, schema, columns.Label)
            ? Then(preFeaturizer, context.Transforms.Conversion.MapValueToKey(columns.Label))
            : preFeaturizer;
    }

    /// <summary>The strategies outside the search: from scratch and pooled (the simplest first), added strategies, and joint training.</summary>
    public IEnumerable<PlannedRun> Plain()
    {
        var defaults = new DefaultTrainers(_context, _columns, _kind);
        IEnumerable<LearningStrategy> scratch = Trainers(defaults.Linear(), defaults.ForFewRows()).Select(trainer => LearningStrategy.FromScratch(FromScratch(trainer.Name), Then(_featurizer, trainer.Trainer)));
        (string Name, IEstimator<ITransformer> Trainer)[] trainers = [.. Trainers(defaults.Linear(), defaults.ForManyRows())];
        if (_settings.UsesDefaultTrainers)
            scratch = scratch.Prepend(_kind == LabelKind.Regression ? Ridge() : NearestMean());
        IEnumerable<LearningStrategy> pooled = trainers.Select(trainer => LearningStrategy.Pooled(Pooled(trainer.Name), Then(_featurizer, trainer.Trainer), learnsSupport: false));
        IEnumerable<LearningStrategy> pooledWithTask = trainers.Select(trainer => LearningStrategy.Pooled($"pooled with the task, {trainer.Name}", Then(Then(_featurizer, TaskAsFeature()), trainer.Trainer)));
        PlannedRun[] plain = [.. Interleave(scratch, pooled, pooledWithTask, _settings.Strategies).Select(PlannedRun.Of)];
        return _settings.UsesDefaultTrainers ? [.. plain.Take(1), .. OwnChoice(), .. plain.Skip(1), .. OnPooledTrees(defaults), .. Joint()] : plain;
    }

    // Those of the user come before the ones of referenced packages, which cost more time than linear ones. A name of the user replaces a default.
    private IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Trainers(
        IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> linear, IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> referenced)
    {
        IReadOnlyList<(string Name, IEstimator<ITransformer> Trainer)> own = _settings.Trainers;
        IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Others(IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> trainers) => trainers.ExceptBy(OwnNames, trainer => trainer.Name);
        return _settings.UsesDefaultTrainers ? [.. Others(linear), .. own, .. Others(referenced)] : own;
    }

    /// <summary>All combinations of encoder, adapter and weighting. Combinations of the first entries of the lists come first.</summary>
    public IReadOnlyList<MetaCandidate> Candidates()
    {
        IReadOnlyList<EncoderOptions> encoders = Encoders;
        IReadOnlyList<AdapterOptions> adapters = Adapters;
        IReadOnlyList<TaskWeightingOptions> weightings = _settings.TaskWeightings ?? [new UniformWeightingOptions()];
        return
        [
            .. from e in Enumerable.Range(0, encoders.Count)
               from a in Enumerable.Range(0, adapters.Count)
               from w in Enumerable.Range(0, weightings.Count)
               orderby e + a + w, w, e
               select new MetaCandidate(encoders[e], adapters[a], weightings[w], weightings.Count > 1),
        ];
    }

    /// <summary>The plan of a run of a candidate with a given number of outer steps.</summary>
    public PlannedRun Run(MetaCandidate candidate, int iterations, int round) =>
        Trained(candidate.Name, StrategyKind.MetaLearned, MetaLearner(candidate) with { MaximumNumberOfIterations = iterations }) with { Round = round };

    /// <summary>The strategies whose numeric options may be searched: the defaults, and not what the user has set.</summary>
    public IEnumerable<TunableStrategy> Tunable()
    {
        if (!_settings.UsesDefaultTrainers)
            return [];
        var defaults = new DefaultTrainers(_context, _columns, _kind);
        IEnumerable<TunableStrategy> scratch = defaults.Tunable(isForFewRows: true).ExceptBy(OwnNames, trainer => trainer.Name).Select(trainer => new TunableStrategy(
            FromScratch(trainer.Name), trainer.Options, (name, values) => PlannedRun.Of(LearningStrategy.FromScratch(name, Then(_featurizer, trainer.Create(values))))));
        IEnumerable<TunableStrategy> pooled = defaults.Tunable(isForFewRows: false).ExceptBy(OwnNames, trainer => trainer.Name).Select(trainer => new TunableStrategy(
            Pooled(trainer.Name), trainer.Options, (name, values) => PlannedRun.Of(LearningStrategy.Pooled(name, Then(_featurizer, trainer.Create(values)), learnsSupport: false))));
        return [.. scratch, .. pooled, .. IsChoiceOpen ? TunableNetworks() : []];
    }

    private IEnumerable<TunableStrategy> TunableNetworks()
    {
        var rate = new SearchedOption("learning rate", 0.0005, Math.Clamp(_settings.MetaLearner.LearningRate, 0.0005, 0.05), 0.05);
        return Candidates().Where(candidate => candidate.Encoder is MlpEncoderOptions).Select(candidate => new TunableStrategy(candidate.Name, [rate, s_width], (name, values) =>
            Trained(name, StrategyKind.MetaLearned, MetaLearner(candidate) with
            {
                Encoder = (MlpEncoderOptions)candidate.Encoder with { HiddenUnits = [(int)values[1], (int)values[1] / 2] },
                LearningRate = values[0],
            })));
    }

    private IEnumerable<string> OwnNames => _settings.Trainers.Select(trainer => trainer.Name);

    private static string FromScratch(string trainer) => $"from scratch, {trainer}";

    private static string Pooled(string trainer) => $"pooled, {trainer}";

    private MetaLearnerOptions MetaLearner(MetaCandidate candidate) => _settings.MetaLearner with { Encoder = candidate.Encoder, Adapter = candidate.Adapter, TaskWeighting = candidate.Weighting };

    private IReadOnlyList<EncoderOptions> Encoders => _settings.Encoders ?? [new MlpEncoderOptions(), new IdentityEncoderOptions(), new MlpEncoderOptions { LinearPath = true }];

    private IReadOnlyList<AdapterOptions> Adapters => _settings.Adapters ?? (_kind == LabelKind.Regression
        ? [new RidgeAdapterOptions(), new BayesianAdapterOptions(), new GradientAdapterOptions()]
        : [new RidgeAdapterOptions(), new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }, new PrototypeAdapterOptions(), new GradientAdapterOptions()]);

    // The meta-learner without encoder and adapter, which it chooses by cross-validation over the training tasks.
    private IEnumerable<PlannedRun> OwnChoice() => IsChoiceOpen ? [Trained("meta-learned, nothing set", StrategyKind.MetaLearned, InShareOfTime)] : [];

    // The same, with the score of one model for all tasks as a further feature.
    private IEnumerable<PlannedRun> OnPooledTrees(DefaultTrainers defaults) => IsChoiceOpen && _kind != LabelKind.Multiclass && defaults.PooledTrees() is var (name, trees)
        ? [Trained($"meta-learned on the score of {name}", StrategyKind.MetaLearned, InShareOfTime, _context.MetaLearning().PooledScore(trees, PooledScore, _columns.Task, seed: _settings.Seed!.Value)
            .Append(_context.Transforms.Concatenate(_columns.Features, _columns.Features, PooledScore)))]
        : [];

    private bool IsChoiceOpen => _settings.Encoders is null && _settings.Adapters is null && _settings.MetaLearner is { Encoder: null, Adapter: null };

    private MetaLearnerOptions InShareOfTime => _settings.MetaLearner with { MaximumTrainingTime = _settings.MetaLearner.MaximumTrainingTime ?? TimeSpan.FromSeconds(_settings.MaxExperimentTimeInSeconds * LargestShareOfOwnChoice) };

    // The network of a candidate, without learning how to adapt. An identity or frozen encoder has no trained parameters and is skipped.
    private IEnumerable<PlannedRun> Joint() =>
        from encoder in Encoders.Where(encoder => encoder is not (IdentityEncoderOptions or PretrainedEncoderOptions { IsFrozen: true })).Take(1)
        from adapter in Adapters.Take(1)
        let candidate = new MetaCandidate(encoder, adapter, new UniformWeightingOptions(), NamesWeighting: false)
        select Trained($"joint, {candidate.Parts}", StrategyKind.Joint, _settings.MetaLearner with { Encoder = encoder, Adapter = adapter, Objective = TrainingObjective.Joint });

    private PlannedRun Trained(string name, StrategyKind kind, MetaLearnerOptions options, IEstimator<ITransformer>? before = null) => new(
        name, kind, (progress, token) => new AdaptedStrategy(name, kind, Then(Then(_featurizer, before), MetaLearner(options with { Progress = progress, CancellationToken = token })), null))
    {
        Iterations = options.MaximumNumberOfIterations,
    };

    private LearningStrategy Ridge() => LearningStrategy.FromScratch("from scratch, ridge", Then(_featurizer, new RidgeTrainer(_context, _columns.Label, _columns.Features)));

    // It learns nothing from other tasks: it makes no training step and does not scale the features.
    private AdaptedStrategy NearestMean() => new("from scratch, nearest class mean", StrategyKind.FromScratch, Then(_featurizer, MetaLearner(_settings.MetaLearner with
    {
        Encoder = new IdentityEncoderOptions { StandardizeInputs = false },
        Adapter = new PrototypeAdapterOptions(),
        MaximumNumberOfIterations = 0,
    })), null);

    private EstimatorChain<ColumnConcatenatingTransformer> TaskAsFeature() => _context.Transforms.Categorical.OneHotEncoding(TaskFeature, _columns.Task)
        .Append(_context.Transforms.Concatenate(_columns.Features, _columns.Features, TaskFeature));

    private MetaLearnerTrainer MetaLearner(MetaLearnerOptions options)
    {
        options = options with { LabelColumnName = _columns.Label, FeatureColumnName = _columns.Features, TaskColumnName = _columns.Task, Seed = options.Seed ?? _settings.Seed };
        return _kind switch
        {
            LabelKind.Binary => _context.BinaryClassification.Trainers.MetaLearner(options),
            LabelKind.Multiclass => _context.MulticlassClassification.Trainers.MetaLearner(options),
            _ => _context.Regression.Trainers.MetaLearner(options),
        };
    }

    [return: NotNullIfNotNull(nameof(second))]
    private static IEstimator<ITransformer>? Then(IEstimator<ITransformer>? first, IEstimator<ITransformer>? second) => first is null ? second : second is null ? first : first.Append(second);

    private static IEnumerable<LearningStrategy> Interleave(params IEnumerable<LearningStrategy>[] lists)
    {
        LearningStrategy[][] all = [.. lists.Select(list => list.ToArray())];
        return Enumerable.Range(0, all.Max(list => list.Length)).SelectMany(i => all.Where(list => i < list.Length).Select(list => list[i]));
    }
}
