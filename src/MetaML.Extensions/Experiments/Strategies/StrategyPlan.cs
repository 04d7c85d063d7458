using System.Diagnostics.CodeAnalysis;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Experiments.Strategies;

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
        IEnumerable<PlannedRun> scratch = Trainers(defaults => defaults.ForFewRows()).Select(trainer => FromScratch(trainer.Name, trainer.Create));
        (string Name, Func<IEstimator<ITransformer>> Create)[] trainers = [.. Trainers(defaults => defaults.ForManyRows())];
        if (_settings.UsesDefaultTrainers)
            scratch = scratch.Prepend(PlannedRun.Of(_kind == LabelKind.Regression ? Ridge() : NearestMean()));
        IEnumerable<PlannedRun> pooled = trainers.Select(trainer => Pooled(trainer.Name, trainer.Create));
        IEnumerable<PlannedRun> pooledWithTask = trainers.Select(trainer => new PlannedRun($"pooled with the task, {trainer.Name}", StrategyKind.Pooled, (name, _, _) => LearningStrategy.Pooled(name, Then(Then(_featurizer, TaskAsFeature()), trainer.Create()))));
        PlannedRun[] plain = [.. Interleave(scratch, pooled, pooledWithTask, _settings.Strategies.Select(PlannedRun.Of))];
        return _settings.UsesDefaultTrainers ? [.. plain.Take(1), .. OwnChoice(), .. plain.Skip(1), .. OnPooledTrees(), .. Joint()] : plain;
    }

    // Those of the user come before the ones of referenced packages, which cost more time than linear ones. A name of the user replaces a default.
    private IEnumerable<(string Name, Func<IEstimator<ITransformer>> Create)> Trainers(Func<DefaultTrainers, IEnumerable<(string Name, IEstimator<ITransformer> Trainer)>> referenced)
    {
        IEnumerable<(string Name, Func<IEstimator<ITransformer>> Create)> Others(Func<DefaultTrainers, IEnumerable<(string Name, IEstimator<ITransformer> Trainer)>> trainers) =>
            trainers(Defaults()).Select(trainer => trainer.Name).Except(OwnNames).Select(name => (name, (Func<IEstimator<ITransformer>>)(() => trainers(Defaults()).First(trainer => trainer.Name == name).Trainer)));
        IEnumerable<(string Name, Func<IEstimator<ITransformer>> Create)> own = _settings.Trainers.Select(trainer => (trainer.Name, (Func<IEstimator<ITransformer>>)(() => trainer.Trainer)));
        return _settings.UsesDefaultTrainers ? [.. Others(defaults => defaults.Linear()), .. own, .. Others(referenced)] : own;
    }

    // New trainers for each run, with equal generators.
    private DefaultTrainers Defaults() => new(SeededContext.Of(_context, _settings.Seed!.Value), _columns, _kind);

    private PlannedRun FromScratch(string trainer, Func<IEstimator<ITransformer>> create) =>
        new($"from scratch, {trainer}", StrategyKind.FromScratch, (name, _, _) => LearningStrategy.FromScratch(name, Then(_featurizer, create())));

    private PlannedRun Pooled(string trainer, Func<IEstimator<ITransformer>> create) =>
        new($"pooled, {trainer}", StrategyKind.Pooled, (name, _, _) => LearningStrategy.Pooled(name, Then(_featurizer, create()), learnsSupport: false));

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
    public IEnumerable<TunableStrategy> Tunable() => _settings.UsesDefaultTrainers
        ? [.. TunableTrainers(isForFewRows: true, FromScratch), .. TunableTrainers(isForFewRows: false, Pooled), .. IsChoiceOpen ? TunableNetworks() : []]
        : [];

    private IEnumerable<TunableStrategy> TunableTrainers(bool isForFewRows, Func<string, Func<IEstimator<ITransformer>>, PlannedRun> plan) =>
        from trainer in Defaults().Tunable(isForFewRows)
        where !OwnNames.Contains(trainer.Name)
        select new TunableStrategy(trainer.Options, values => plan(trainer.Name, () => Defaults().Tunable(isForFewRows).First(other => other.Name == trainer.Name).Create(values)));

    private IEnumerable<TunableStrategy> TunableNetworks()
    {
        var rate = new SearchedOption("learning rate", 0.0005, Math.Clamp(_settings.MetaLearner.LearningRate, 0.0005, 0.05), 0.05);
        return Candidates().Where(candidate => candidate.Encoder is MlpEncoderOptions).Select(candidate => new TunableStrategy([rate, s_width], values =>
            Trained(candidate.Name, StrategyKind.MetaLearned, MetaLearner(candidate) with
            {
                Encoder = (MlpEncoderOptions)candidate.Encoder with { HiddenUnits = [(int)values[1], (int)values[1] / 2] },
                LearningRate = values[0],
            })));
    }

    private IEnumerable<string> OwnNames => _settings.Trainers.Select(trainer => trainer.Name);

    private MetaLearnerOptions MetaLearner(MetaCandidate candidate) => _settings.MetaLearner with { Encoder = candidate.Encoder, Adapter = candidate.Adapter, TaskWeighting = candidate.Weighting };

    private IReadOnlyList<EncoderOptions> Encoders => _settings.Encoders ?? [new MlpEncoderOptions(), new IdentityEncoderOptions(), new MlpEncoderOptions { LinearPath = true }];

    private IReadOnlyList<AdapterOptions> Adapters => _settings.Adapters ?? (_kind == LabelKind.Regression
        ? [new RidgeAdapterOptions(), new BayesianAdapterOptions(), new GradientAdapterOptions()]
        : [new RidgeAdapterOptions(), new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }, new PrototypeAdapterOptions(), new GradientAdapterOptions()]);

    // The meta-learner without encoder and adapter, which it chooses by cross-validation over the training tasks.
    private IEnumerable<PlannedRun> OwnChoice() => IsChoiceOpen ? [Trained("meta-learned, nothing set", StrategyKind.MetaLearned, InShareOfTime)] : [];

    // The same, with the score of one model for all tasks as a further feature.
    private IEnumerable<PlannedRun> OnPooledTrees() => IsChoiceOpen && _kind != LabelKind.Multiclass && Defaults().PooledTrees() is var (name, _)
        ? [Trained($"meta-learned on the score of {name}", StrategyKind.MetaLearned, InShareOfTime, () => _context.MetaLearning().PooledScore(Defaults().PooledTrees()!.Value.Trainer, PooledScore, _columns.Task, seed: _settings.Seed!.Value)
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

    private PlannedRun Trained(string strategy, StrategyKind kind, MetaLearnerOptions options, Func<IEstimator<ITransformer>>? before = null) => new(
        strategy, kind, (name, progress, token) => new AdaptedStrategy(name, kind, Then(Then(_featurizer, before?.Invoke()), MetaLearner(options with { Progress = progress, CancellationToken = token })), null))
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

    private static IEnumerable<PlannedRun> Interleave(params IEnumerable<PlannedRun>[] lists)
    {
        PlannedRun[][] all = [.. lists.Select(list => list.ToArray())];
        return Enumerable.Range(0, all.Max(list => list.Length)).SelectMany(i => all.Where(list => i < list.Length).Select(list => list[i]));
    }
}
