using System.Collections.ObjectModel;
using System.Runtime.ExceptionServices;
using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Statistics;

namespace MetaML.Models;

/// <summary>A meta-trained encoder and adapter. Adapts tasks and scores their rows. Immutable and thread-safe.</summary>
public sealed partial class MetaModel
{
    private readonly MetaModelDesign _design;
    private readonly FeatureScaling? _scaling;
    private readonly LabelScaling _labels;
    private readonly ParameterArray[] _encoderValues;
    private readonly ParameterArray[] _adapterValues;
    private readonly float[][] _encoderArrays;
    private readonly float[][] _adapterArrays;
    private readonly Lazy<AdaptedTask?> _prior;
    private readonly Lazy<MetaModel> _uncalibrated;
    private readonly Lazy<byte[]> _fingerprint;

    internal MetaModel(MetaModelDesign design, FeatureScaling? scaling, LabelScaling labels, ParameterArray[] encoderValues, ParameterArray[] adapterValues)
    {
        _design = design;
        _scaling = scaling;
        _labels = labels;
        _encoderValues = encoderValues;
        _adapterValues = adapterValues;
        _encoderArrays = Array.ConvertAll(encoderValues, p => p.Values);
        _adapterArrays = Array.ConvertAll(adapterValues, p => p.Values);
        _prior = new Lazy<AdaptedTask?>(() => HasCommonOutputs ? AdaptWithoutRows(new float[CovariateNames.Count]) : null);
        _uncalibrated = new Lazy<MetaModel>(() => With(null));
        _fingerprint = new Lazy<byte[]>(Hash);
    }

    /// <summary>The kind of label.</summary>
    public LabelKind Kind => _design.Head.Kind;

    /// <summary>Number of features of a row.</summary>
    public int FeatureCount => _design.Encoder.FeatureCount;

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension => _design.Encoder.EmbeddingDimension;

    /// <summary>Whether all tasks have the same outputs. If so, the prior can score rows of an unknown task.</summary>
    public bool HasCommonOutputs => _design.Head.HasCommonOutputs;

    /// <summary>Number of classes that all tasks share: 2 for binary labels; 0 for regression, and if each task has its own classes.</summary>
    public int ClassCount => Kind switch
    {
        LabelKind.Binary => 2,
        LabelKind.Multiclass => _design.Head.CommonOutputs ?? 0,
        _ => 0,
    };

    /// <summary>Whether <see cref="Adapt"/> works without the native torch library.</summary>
    public bool AdaptsWithoutTorch => AdaptsHeads || _design.EncoderAdapter is not null;

    // Whether adaptation leaves the encoder as it is, so that a task is its embedded rows.
    private bool AdaptsHeads => _design.Adapter is IManagedAdapter;

    /// <summary>Whether the heads of adapted tasks have a <see cref="LinearHead.PredictiveVariance"/>.</summary>
    public bool GivesDeviation => _design.GivesDeviation;

    /// <summary>The prior: the result of adaptation on no rows, for average covariates; null if <see cref="HasCommonOutputs"/> is false.</summary>
    public AdaptedTask? Prior => _prior.Value;

    /// <summary>The training data, the end of training, and the choices with their reasons; null in a saved model of an earlier version.</summary>
    public TrainingSummary? Training { get; internal init; }

    /// <summary>The calibration of the scores of heads for classes, or of the deviations of values; null for none.</summary>
    internal ScoreCalibration? Calibration { get; init; }

    /// <summary>What tasks keep of their rows; null for nothing.</summary>
    internal StatisticsOptions? Statistics { get => field ?? (_design.Adapter is INonlinearAdapter adapter ? new StatisticsOptions(adapter.MaximumRows) : null); init; }

    /// <summary>The quantiles of intervals or sets of new labels; null for none.</summary>
    internal ConformalQuantiles? Conformal { get; init; }

    /// <summary>The weights λ of the training tasks at the end of training, by name. Not saved with the model, because each adapted task holds its own λ.</summary>
    internal IReadOnlyDictionary<string, double> TaskWeights { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>The standardisation of covariates of tasks; null if there are none.</summary>
    internal CovariateScaling? CovariateScaling { get; init; }

    /// <summary>The estimates of the prior and their errors; null if the prior was not learned by empirical Bayes for regression.</summary>
    internal PopulationEstimate? Population { get; init; }

    /// <summary>The names of the features; empty if they have none, or in a saved model of an earlier version.</summary>
    public IReadOnlyList<string> FeatureNames => _design.FeatureNames;

    /// <summary>The names of the covariates of tasks, on which the mean of the prior depends; empty if there are none.</summary>
    public IReadOnlyList<string> CovariateNames => _design.CovariateNames;

    /// <summary>The names of the levels of groups that tasks are in, the outermost first; empty if tasks are in none.</summary>
    public IReadOnlyList<string> GroupNames => _design.Head.GroupNames;

    /// <summary>What is known of the groups of tasks; null if tasks are in none, or before the prior is learned.</summary>
    internal GroupPriors? Groups { get; init; }

    /// <summary>The prior of each training task given all others, by name; empty if tasks are in no groups. Not saved with the model, because each adapted task holds its own.</summary>
    internal IReadOnlyDictionary<string, TaskPrior> TaskPriors { get; init; } = ReadOnlyDictionary<string, TaskPrior>.Empty;

    /// <summary>The scaling of labels; if each task has its own, that of a task of the typical size.</summary>
    internal LabelScaling Labels => LabelSizes?.Typical.Then(_labels) ?? _labels;

    /// <summary>The scaling of labels that all tasks share, after the division by <see cref="LabelSizes"/>.</summary>
    internal LabelScaling CommonLabels => _labels;

    /// <summary>The sizes of the labels of tasks, by which they are divided before the common scaling; null if labels have one scale.</summary>
    internal LabelSizes? LabelSizes { get; init; }

    /// <summary>The encoder, without the values of its parameters.</summary>
    internal IEncoder Encoder => _design.Encoder;

    internal EncoderOptions EncoderOptions => _design.EncoderOptions;

    internal AdapterOptions AdapterOptions => _design.AdapterOptions;

    internal FeatureScaling? Scaling => _scaling;

    /// <summary>The parameters of the shared encoder, in its order. Do not change them.</summary>
    internal IReadOnlyList<ParameterArray> EncoderValues => _encoderValues;

    /// <summary>The adapter's meta-learned parameters, in its order. Do not change them.</summary>
    internal IReadOnlyList<ParameterArray> AdapterValues => _adapterValues;

    /// <summary>The encoder and the adapter, without the values of their parameters.</summary>
    internal MetaModelDesign Design => _design;

    /// <summary>The adapter if it has a solution in closed form and a prior head; else null.</summary>
    internal ClosedFormAdapter? ClosedForm => HasCommonOutputs ? _design.Adapter as ClosedFormAdapter : null;

    /// <summary>How heads predict counts; null if labels are not counts.</summary>
    internal CountDistribution? Counts => (_design.Adapter as BayesianGeneralizedAdapter)?.DistributionOf(_adapterArrays);

    /// <summary>The adapter if it is a Bayesian one with a prior head; else null.</summary>
    internal IPopulationAdapter? PopulationAdapter => HasCommonOutputs ? _design.Adapter as IPopulationAdapter : null;

    /// <summary>The conversion of heads to the units of the feature column.</summary>
    internal PopulationUnits Units => new(_design, _scaling, CovariateScaling);

    /// <summary>The adapter's meta-learned values.</summary>
    internal IReadOnlyList<float[]> AdapterArrays => _adapterArrays;

    /// <summary>The parameters of the shared encoder, in its order. Do not change them.</summary>
    internal IReadOnlyList<float[]> EncoderArrays => _encoderArrays;

    /// <summary>Adapts each task of a set on all its rows.</summary>
    /// <param name="support">Tasks with the model's label kind and number of features.</param>
    /// <param name="options">Options of the adaptation; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <returns>An adapted task for each task, in the same order.</returns>
    /// <exception cref="ArgumentException">Label kind, features or classes do not match the model, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">An adapted head is not finite.</exception>
    public IReadOnlyList<AdaptedTask> Adapt(TaskSet support, AdaptationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new AdaptationOptions();
        options.Validate();
        options.RelatedPrior?.CheckIsOf(this);
        if (options.RefinementSteps > 0 && _design.Adapter is INonlinearAdapter)
            throw OptionCheck.Error(options, nameof(options.RefinementSteps), $"0 with {_design.AdapterOptions.GetType().Name}", options.RefinementSteps, "Its heads are not linear.", "Leave RefinementSteps as it is.");
        CheckFits(support);
        return AdaptStandardized(Standardize(support), options, cancellationToken);
    }

    // Known tasks keep the scaling of their labels.
    private TaskSet Standardize(TaskSet tasks, IReadOnlyList<AdaptedTask?>? known = null)
    {
        TaskSet scaled = LabelSizes is null ? _labels.Apply(tasks) : tasks.With([.. tasks.Tasks.Select((task, t) => task.Scaled(known?[t]?.Scaling ?? ScalingOf(task)))]);
        return CovariateScaling?.Apply(scaled) ?? scaled;
    }

    // From the user's units to standardised labels.
    private LabelScaling ScalingOf(LearningTask task) => LabelSizes is null ? _labels : LabelSizes.Of(task).Then(_labels);

    /// <summary>The prior of a task with these covariates, in these groups: the result of adaptation on no rows.</summary>
    /// <param name="covariates">[covariates], in the user's units, in the order of <see cref="CovariateNames"/>.</param>
    /// <param name="groups">The names of the groups of the task, in the order of <see cref="GroupNames"/>; empty for unknown groups.</param>
    /// <exception cref="ArgumentException">There is another number of covariates.</exception>
    /// <exception cref="InvalidOperationException">Each task has its own classes, so that there is no prior.</exception>
    public AdaptedTask PriorFor(ReadOnlySpan<float> covariates, params IReadOnlyList<string> groups)
    {
        if (covariates.Length != CovariateNames.Count)
            throw new ArgumentException($"There must be {CovariateNames.Count} covariates, as the model was trained on; got {covariates.Length}.", nameof(covariates));
        AdaptedTask prior = Prior ?? throw new InvalidOperationException("A prior must be of common outputs; each task of this model has its own classes. Train with ClassSets.Common.");
        return CovariateScaling is null && groups.Count == 0 ? prior : AdaptWithoutRows(CovariateScaling?.Apply(covariates) ?? [], groups);
    }

    /// <summary>The head of a task without rows.</summary>
    /// <param name="covariates">Standardised.</param>
    internal LinearHead PriorHeadOf(float[] covariates) => (CovariateScaling is null ? Prior! : AdaptWithoutRows(covariates)).Head;

    /// <summary><see cref="Adapt"/> for standardised labels and covariates.</summary>
    internal IReadOnlyList<AdaptedTask> AdaptStandardized(TaskSet support, AdaptationOptions options, CancellationToken cancellationToken = default)
    {
        var adapted = new AdaptedTask[support.Tasks.Count];
        if (adapted.Length == 0)
            return adapted;
        try
        {
            if (_design.Adapter is IManagedAdapter managed)
                AdaptHeadsOnly(managed, support, options, adapted, cancellationToken);
            else if (_design.EncoderAdapter is { } changing)
                AdaptEncoders(changing, support, options, adapted, cancellationToken);
            else
                AdaptByTorch(support, options, adapted, cancellationToken);
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        return adapted;
    }

    /// <summary>Whether a task has few enough rows and classes for one adaptation.</summary>
    internal bool CanAdapt(LearningTask task) => EpisodeBatch.Fits(1, task.RowCount, Math.Max(1, ClassesOf(task).Length));

    /// <summary>Creates a scorer for one thread. It has its own buffers.</summary>
    public MetaScorer CreateScorer() => new(_design.Encoder, _scaling, _encoderArrays);

    /// <summary>The same model with a summary of its training, the task weights, and what is known of its prior.</summary>
    internal MetaModel After(TrainingSummary training, IReadOnlyDictionary<string, double> weights, PriorSummary? prior, IReadOnlyDictionary<string, TaskPrior>? taskPriors)
    {
        PopulationEstimate? population = prior is null || EncoderOptions is not IdentityEncoderOptions ? null : PopulationEstimate.Of(prior, _design, _scaling, CovariateScaling);
        return Copy(_labels, LabelSizes, Calibration, training, population, weights, Statistics, taskPriors);
    }

    /// <summary>The same model with calibrated scores.</summary>
    internal MetaModel With(ScoreCalibration? calibration) => Copy(_labels, LabelSizes, calibration, null, null, null, Statistics);

    /// <summary>The same model for labels in other units, in which all tasks have one scale.</summary>
    internal MetaModel WithLabels(LabelScaling labels) => Copy(labels, null, Calibration, Training, Population, null, Statistics, TaskPriors);

    /// <summary>The same model for tasks whose labels are in the user's units, after training on tasks whose labels were divided by their sizes.</summary>
    internal MetaModel BySize(LabelSizes sizes) => Copy(_labels, sizes, Calibration, Training, Population, TaskWeights, Statistics, TaskPriors);

    /// <summary>The same model, whose tasks keep what Update and Forget need of their rows.</summary>
    internal MetaModel Keeping(StatisticsOptions? statistics) => Copy(_labels, LabelSizes, Calibration, Training, Population, TaskWeights, statistics, TaskPriors);

    /// <summary>The same model with intervals or sets of new labels.</summary>
    internal MetaModel Covering(ConformalQuantiles conformal) => Copy(_labels, LabelSizes, Calibration, Training, Population, TaskWeights, Statistics, TaskPriors, conformal);

    // Quantiles belong to the labels and the calibration that they were found with.
    private MetaModel Copy(LabelScaling labels, LabelSizes? sizes, ScoreCalibration? calibration, TrainingSummary? training, PopulationEstimate? population, IReadOnlyDictionary<string, double>? weights, StatisticsOptions? statistics, IReadOnlyDictionary<string, TaskPrior>? taskPriors = null, ConformalQuantiles? conformal = null) =>
        new(_design, _scaling, labels, _encoderValues, _adapterValues)
        {
            LabelSizes = sizes,
            CovariateScaling = CovariateScaling,
            Groups = Groups,
            TaskPriors = taskPriors ?? ReadOnlyDictionary<string, TaskPrior>.Empty,
            Calibration = calibration,
            Training = training,
            Population = population,
            Statistics = statistics,
            TaskWeights = weights ?? ReadOnlyDictionary<string, double>.Empty,
            Conformal = conformal,
        };

    /// <summary>Throws unless the tasks have the model's label kind and number of features.</summary>
    internal void CheckFits(TaskSet support)
    {
        if (support.Kind != Kind)
            throw new ArgumentException($"Support must have {Kind} labels, as the model was trained on; got {support.Kind}.", nameof(support));
        if (support.Features.FeatureCount != FeatureCount)
            throw new ArgumentException($"Support must have {FeatureCount} features, as the model was trained on; got {support.Features.FeatureCount}.", nameof(support));
        CountRule.Check(support, _design.PredictsCounts);
        if (support.GroupNames.Count != GroupNames.Count)
            throw new ArgumentException($"Support must have {GroupNames.Count} levels of groups, as the model was trained on; got {support.GroupNames.Count}. Set TaskSetBuilder.GroupNames.", nameof(support));
        foreach (LearningTask task in support.Tasks)
            Groups?.CheckNested(task.Groups);
        if (support.CovariateNames.Count != CovariateNames.Count)
            throw new ArgumentException($"Support must have {CovariateNames.Count} covariates for each task, as the model was trained on; got {support.CovariateNames.Count}. Set TaskSetBuilder.CovariateNames.", nameof(support));
    }

    /// <summary>Embeds a task's rows with the shared encoder, and standardises its labels and covariates.</summary>
    internal EmbeddedTask Embed(FeatureStore features, LearningTask task)
    {
        LearningTask standardized = ScalingOf(task).Apply(task);
        return EmbedStandardized(features, CovariateScaling is { } scaling ? standardized.WithCovariates(scaling.Apply(task.Covariates)) : standardized);
    }

    /// <summary>Embeds a task's rows for standardised labels, with the given encoder parameters or the shared ones.</summary>
    internal EmbeddedTask EmbedStandardized(FeatureStore features, LearningTask task, float[][]? encoderParameters = null) =>
        Embed(new MetaScorer(_design.Encoder, _scaling, encoderParameters ?? _encoderArrays), features, task, new float[checked(task.RowCount * EmbeddingDimension)]);

    // Writes the embeddings to memory of [rows, embedding].
    private EmbeddedTask Embed(MetaScorer scorer, FeatureStore features, LearningTask task, Memory<float> embeddings)
    {
        for (int first = 0, size = scorer.BlockSize; first < task.RowCount; first += size)
            scorer.Embed(features, task.Rows.AsSpan(first, Math.Min(size, task.RowCount - first))).CopyTo(embeddings.Span[(first * EmbeddingDimension)..]);
        return Embedded(task, embeddings);
    }

    private EmbeddedTask Embedded(LearningTask task, ReadOnlyMemory<float> embeddings) => TaskOf(task, embeddings, EmbeddingDimension);

    // The values of a row are an embedding, or features.
    private EmbeddedTask TaskOf(LearningTask task, ReadOnlyMemory<float> rows, int dimension)
    {
        int[] classes = ClassesOf(task);
        EpisodeBatch.CheckSize(1, task.RowCount, Math.Max(1, classes.Length));
        float[] labels = Kind switch
        {
            LabelKind.Multiclass => Array.ConvertAll(task.Labels, label => (float)Array.BinarySearch(classes, (int)label)),
            _ => task.Labels,
        };
        return new EmbeddedTask(rows, dimension, labels, task.Weights ?? OnesLike(labels), Kind == LabelKind.Multiclass ? classes.Length : 1)
        {
            Covariates = task.Covariates,
            Exposures = task.Exposures ?? [],
            Groups = task.Groups,
            Prior = task.Prior ?? Groups?.Of(task.Groups),
        };
    }

    private static InvalidOperationException NotFinite(string task, Exception? inner = null) =>
        new($"The head of task '{task}' must be finite. Its features or labels are too large. Scale them, or remove outliers.", inner);

    private static float[] OnesLike(float[] values)
    {
        var ones = new float[values.Length];
        Array.Fill(ones, 1);
        return ones;
    }

    private int[] ClassesOf(LearningTask task)
    {
        if (Kind != LabelKind.Multiclass)
            return task.Classes;
        if (!HasCommonOutputs)
            return [.. task.Labels.Select(label => (int)label).Distinct().Order()];
        if (task.RowCount > 0 && task.Labels.Max() >= ClassCount)
            throw new ArgumentException($"Support must have classes below {ClassCount}, those that all tasks share; got {task.Labels.Max()} in task '{task.Name}'. The model does not know this class. Train with ClassSets.PerTask.");
        return [.. Enumerable.Range(0, ClassCount)];
    }

    private AdaptedTask Finish(LearningTask task, int[] classes, int rows, LinearHead head, float[][]? encoderParameters, TaskStatistics? statistics)
    {
        if (GivesDeviation && head.PredictiveVariance is null)
            throw new InvalidOperationException($"{_design.Adapter.GetType().Name}.Adapt must return a head with {nameof(LinearHead.PredictiveVariance)} set, since {_design.AdapterOptions.GetType().Name}.{nameof(AdapterOptions.GivesDeviation)} is true; got null for task '{task.Name}'. Its scores would have no deviation. Set it, or do not override {nameof(AdapterOptions.GivesDeviation)}.");
        head = head.Restored(task.Scaling ?? _labels);
        if (FiniteNumbers.AreAll<float>(head.Weights) && FiniteNumbers.AreAll<float>(head.Bias) && (head.PredictiveVariance is not { } variance || (float.IsFinite(variance.Noise) && FiniteNumbers.AreAll<float>(variance.Factor))))
            return new AdaptedTask(head, classes, encoderParameters) { RowCount = rows, Statistics = statistics, Covariates = task.Covariates, Groups = task.Groups, Prior = task.Prior, Scaling = task.Scaling };
        throw NotFinite(task.Name);
    }

    // For standardised covariates.
    private AdaptedTask AdaptWithoutRows(float[] covariates, IReadOnlyList<string>? groups = null)
    {
        var empty = new LearningTask("", [], [], null, [.. Enumerable.Range(0, ClassCount)]) { Covariates = covariates, Groups = [.. groups ?? []], Scaling = LabelSizes?.Typical.Then(_labels) };
        return AdaptStandardized(new TaskSet(Kind, new DenseFeatureStore(FeatureCount), [empty], ClassCount, true) { CovariateNames = CovariateNames, GroupNames = GroupNames }, new AdaptationOptions())[0];
    }
}
