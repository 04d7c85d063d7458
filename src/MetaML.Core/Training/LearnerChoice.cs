using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Encoders.Sparse;
using MetaML.Options;
using MetaML.Training.Validation;

namespace MetaML.Training;

/// <summary>Chooses the encoder and the adapter from the data if the user has not set them.</summary>
/// <remarks>
/// <para>For tabular data the simplest candidate is a linear model with a prior learned across tasks (<see cref="HeadPrior"/>). It is
/// accurate and trains fast. For classes its likelihood is logistic, and a Gaussian one is the next candidate: it is better where
/// classes hardly overlap, and faster. For values a likelihood with Student's t follows, if the residuals of the first have heavy tails. The next is linear in the features
/// of a kernel too (<see cref="KernelEncoderOptions"/>), and the last are networks with and without a linear path. These take most of the time and are often no better,
/// so they are tried only if the residuals of the best learner before show a dependence that they could learn (<see cref="ResidualTest"/>).</para>
/// <para>Candidates are compared by cross-validation over tasks (<see cref="LearnerComparison"/>). The prior belief is that the simpler of two learners
/// is better: a more complex one must have a lower loss by half a standard error of the difference.</para>
/// <para>Hundreds of dense features are often embeddings of a pretrained encoder. For classes, the candidates are then ridge regression on the features, prototypes and ridge regression on a map of them that starts at the identity
/// (<see cref="ProjectionEncoderOptions"/>), and networks.</para>
/// <para>For classification of sparse features,
/// such as those of texts, a network overfits rare features of the training tasks. The candidates are then a linear model without
/// and with the directions that training tasks share (<see cref="SparseEncoder"/>). For regression on sparse features the network
/// is used, because predictive deviations would need the squared dimension of the sparse encoder for each task.</para>
/// </remarks>
internal static class LearnerChoice
{
    // The factor of a learned covariance, and the posterior of each task, have the square of the number of features.
    private const int MaximumFeaturesOfPrior = 200;

    /// <summary>The rule of the choice, for the log.</summary>
    public const string Rule = "A more complex learner is chosen only if it is better by more than half a standard error.";

    // The belief that a simpler learner is better: the number of standard errors by which a more complex one must be better.
    private const double Doubt = 0.5;

    // A gain of so many standard errors is not due to chance, unless there are too few units for a standard error.
    private const double Decisive = 2;
    private const int FewUnits = 5;

    // The length scales of more features are not determined by the rows that they are learned from.
    private const int MaximumFeaturesOfKernel = 50;

    // Fewer tasks say too little about others: a network that has learned from made-up tables knows more.
    private const int FewestTasks = 5;

    private const int MaximumClassesOfNetwork = 10;

    private const int FewestLandmarks = 10, RowsPerLandmark = 4;

    // The deviation of scores has the square of an embedding for each task; this is 200 MB.
    private const double MaximumValuesOfDeviations = 5e7;

    // Above this number of rows · features², the repeated fits of a logistic likelihood take longer than a network.
    private const double MaximumWorkOfLogistic = 1e8;

    /// <summary>The candidates, the simplest first, with encoder and adapter set.</summary>
    /// <param name="problems">Problems on one feature store.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="decide">Receives each choice and its reason; may be null.</param>
    public static MetaTrainingOptions[] Candidates(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide = null)
    {
        if (options.Encoder is null && IsForSparse(problems, options.Adapter))
        {
            decide?.Invoke("Encoder: Sparse, with or without directions that tasks share, since features are sparse and labels are classes.");
            MetaTrainingOptions structured = options with { Encoder = new SparseEncoderOptions(), Adapter = options.Adapter ?? AdapterOn(null, problems, decide) };
            return [structured with { Encoder = new SparseEncoderOptions { StructureDimension = 0 } }, structured];
        }

        bool hasClasses = problems.Any(problem => problem.Kind != LabelKind.Regression), hasValues = problems.Any(problem => problem.Kind == LabelKind.Regression);
        bool hasManyFeatures = problems[0].Features.FeatureCount > MaximumFeaturesOfPrior;
        double rows = problems.Sum(problem => problem.Tasks.Sum(task => (double)task.RowCount));
        bool IsLogisticFast(int embedding) => rows * embedding * embedding <= MaximumWorkOfLogistic;
        KernelEncoderOptions? kernel = KernelFor(problems);
        bool isKernelLogistic = hasClasses && kernel is not null && IsLogisticFast(problems[0].Features.FeatureCount + kernel.LandmarkCount);
        string? whyNetwork = options.Adapter is JointAdapterOptions ? "it is trained with a head for each task"
            : options.Adapter is not null && options.TaskWeighting is not UniformWeightingOptions ? "an adapter and task weights are set, and task weights act on the training of a network"
            : options.Episodes.Ways is not null && !(hasManyFeatures && options.Adapter is null) ? "tasks are drawn from classes"
            : problems[0].Features.IsSparse ? "features are sparse, and labels are numbers"
            : hasManyFeatures && (hasValues || options.Adapter is BayesianAdapterOptions) ? $"there are {problems[0].Features.FeatureCount} features, and the prior of a linear learner is limited to {MaximumFeaturesOfPrior}"
            : null;
        if (options.Encoder is not null || whyNetwork is not null)
        {
            if (options.Encoder is null)
                decide?.Invoke($"Encoder: Mlp, since {whyNetwork}.");
            return [Network(options, problems, decide)];
        }

        if (options.Adapter is not null || hasManyFeatures)
        {
            bool isSet = options.Adapter is not null;
            options = options with { Adapter = options.Adapter ?? AdapterOn(null, problems, decide) };
            EncoderOptions[] encoders = [.. options.Adapter!.CandidateEncoders().Where((_, number) => number == 0 || options.MaximumNumberOfIterations > 0)];
            List<MetaTrainingOptions> withAdapter = [.. encoders.Select(encoder => options with { Encoder = encoder })];
            if (!isSet && options.MaximumNumberOfIterations > 0 && problems.All(problem => problem.CovariateNames.Count == 0))
            {
                // Hundreds of features are often embeddings. Prototypes are better with one row of a class, ridge regression with several.
                foreach (AdapterOptions adapter in new[] { options.Adapter!, new PrototypeAdapterOptions() })
                    withAdapter.Insert(1, options with { Encoder = new ProjectionEncoderOptions(), Adapter = adapter });
            }

            if (options.MaximumNumberOfIterations > 0 && kernel is not null && options.Adapter is BayesianAdapterOptions bayesian && !problems.Any(problem => bayesian.PredictsCounts(problem.Kind))
                && (!hasClasses || bayesian.ClassLikelihood == ClassLikelihood.Gaussian || isKernelLogistic))
            {
                withAdapter.Insert(1, options with { Encoder = kernel });
            }

            decide?.Invoke($"Encoder: {string.Join(", or ", withAdapter.Select(DescribeEncoder).Distinct())}, since {(isSet ? "an adapter is set, and " : "")}features are dense, {problems[0].Features.FeatureCount} of them.");
            return [.. withAdapter];
        }

        bool triesLogistic = hasClasses && IsLogisticFast(problems[0].Features.FeatureCount);
        string likelihoods = triesLogistic ? ", with a logistic and with a Gaussian likelihood" : hasClasses ? ", with a Gaussian likelihood (a logistic one would take long for this many rows)" : "";
        decide?.Invoke($"Learners: linear with a prior by empirical Bayes{likelihoods}{(kernel is null ? "" : ", with and without the features of a kernel")}{(options.MaximumNumberOfIterations > 0 ? ", and networks with and without a linear path" : ", and no network, since MaximumNumberOfIterations is 0")}: features are dense, {problems[0].Features.FeatureCount} of them.");
        var encoder = new IdentityEncoderOptions();
        var logistic = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic };
        List<MetaTrainingOptions> candidates = [];
        if (triesLogistic)
            candidates.Add(options with { Encoder = encoder, Adapter = logistic with { } });
        candidates.Add(options with { Encoder = encoder, Adapter = AdapterOn(encoder, problems, decide) });
        if (hasValues)
            candidates.Add(options with { Encoder = encoder, Adapter = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.StudentT, ClassLikelihood = triesLogistic ? ClassLikelihood.Logistic : ClassLikelihood.Gaussian } });
        if (kernel is not null)
            candidates.Add(options with { Encoder = kernel, Adapter = isKernelLogistic ? logistic with { } : AdapterOn(kernel, problems, decide) });
        if (options.MaximumNumberOfIterations > 0)
        {
            candidates.Add(Network(options with { Encoder = new MlpEncoderOptions { LinearPath = true } }, problems, decide));
            candidates.Add(Network(options with { Encoder = new MlpEncoderOptions() }, problems, decide));
        }

        return [.. candidates];
    }

    /// <summary>The options with the prior-fitted network as the adapter, if nothing is set, there are too few tasks to learn across, and the program refers to the network's package; otherwise the options.</summary>
    /// <param name="problems">Problems on one feature store.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="decide">Receives the choice and its reason; may be null.</param>
    public static MetaTrainingOptions ForFewTasks(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide = null)
    {
        TaskSet tasks = problems[0];
        bool isOpen = options is { Encoder: null, Adapter: null, Episodes.Ways: null, TaskWeighting: UniformWeightingOptions };
        bool isReadable = !tasks.Features.IsSparse && tasks.Features.FeatureCount <= MaximumFeaturesOfPrior && tasks.GroupNames.Count == 0 && tasks.Tasks.All(task => task.Classes.Length <= MaximumClassesOfNetwork && task.Exposures is null);
        if (!isOpen || !isReadable || problems.Count > 1 || tasks.Tasks.Count is 0 or >= FewestTasks || OptionNames.TypeOf(typeof(AdapterOptions), OptionNames.PriorFitted) is not { } type)
            return options;
        decide?.Invoke($"Learner: PriorFitted, since nothing is set, and {(tasks.Tasks.Count == 1 ? "there is one task" : $"{tasks.Tasks.Count} tasks are too few to learn across")}: the network of MetaML.Pretrained, to which the program refers, learns each task from its rows.");
        return options with { Adapter = (AdapterOptions)Activator.CreateInstance(type)!, ValidationFraction = 0 };
    }

    // Null where a kernel would take too long, or too much memory.
    private static KernelEncoderOptions? KernelFor(IReadOnlyList<TaskSet> problems)
    {
        int features = problems[0].Features.FeatureCount, tasks = problems.Sum(problem => problem.Tasks.Count);
        var encoder = new KernelEncoderOptions();
        encoder.LandmarkCount = (int)Math.Clamp(problems.Sum(problem => problem.Tasks.Sum(task => (long)task.RowCount)) / RowsPerLandmark, FewestLandmarks, encoder.LandmarkCount);
        double embedding = features + encoder.LandmarkCount;
        return features <= MaximumFeaturesOfKernel && tasks * embedding * embedding / 2 <= MaximumValuesOfDeviations ? encoder : null;
    }

    private static bool IsForSparse(IReadOnlyList<TaskSet> problems, AdapterOptions? adapter) => problems[0].Features.IsSparse
        && adapter is null or RidgeAdapterOptions or LogisticAdapterOptions or PrototypeAdapterOptions
        && problems.All(problem => problem.Kind != LabelKind.Regression);

    private static MetaTrainingOptions Network(MetaTrainingOptions options, IReadOnlyList<TaskSet> problems, Action<string>? decide) => options with
    {
        Encoder = options.Encoder ?? new MlpEncoderOptions(),
        Adapter = options.Adapter ?? AdapterOn(options.Encoder, problems, decide),
    };

    /// <summary>Chooses the best learner.</summary>
    /// <param name="learners">The evaluated learners, the simplest first.</param>
    public static EvaluatedLearner Choose(IReadOnlyList<EvaluatedLearner> learners)
    {
        EvaluatedLearner best = learners[0];
        foreach (EvaluatedLearner other in learners.Skip(1))
        {
            if (IsBetter(other, best, Doubt))
                best = other;
        }

        return best;
    }

    /// <summary>Whether a learner's relative losses (<see cref="EvaluatedEpisode.RelativeLoss"/>) are lower than a simpler one's by more than a number of standard errors.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="simpler">The simpler learner. They are compared on the units of both.</param>
    /// <param name="errors">The number of standard errors of the mean difference over units.</param>
    public static bool IsBetter(EvaluatedLearner learner, EvaluatedLearner simpler, double errors)
    {
        var (mean, error, _) = Gain(learner, simpler);
        return mean > errors * error;
    }

    /// <summary>Whether a learner is not clearly worse than a simpler one, and not better by more than what may be due to chance.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="simpler">The simpler learner.</param>
    public static bool IsInDoubt(EvaluatedLearner learner, EvaluatedLearner simpler)
    {
        var (mean, error, units) = Gain(learner, simpler);
        return mean > -error && (units < FewUnits || mean < Decisive * error);
    }

    // The mean gain over units and its standard error. Episodes of one held-out task are not independent. If rows of known tasks are held
    // out in several folds, these tasks are scored later too, so that differences between them are no error.
    private static (double Mean, double Error, int Units) Gain(EvaluatedLearner learner, EvaluatedLearner simpler)
    {
        Dictionary<HeldOutUnit, double> losses = LossOfUnits(learner);
        (int Task, double Gain)[] gains = [.. LossOfUnits(simpler).Where(unit => losses.ContainsKey(unit.Key)).Select(unit => (unit.Key.Task, unit.Value - losses[unit.Key]))];
        double[][] tasks = [.. gains.GroupBy(gain => gain.Task, gain => gain.Gain).Select(task => task.ToArray())];
        double[][] strata = tasks.All(task => task.Length > 1) ? tasks : [Array.ConvertAll(gains, gain => gain.Gain)];
        double squares = strata.Sum(stratum => stratum.Sum(gain => (gain - stratum.Average()) * (gain - stratum.Average())));
        return (gains.Average(gain => gain.Gain), Math.Sqrt(squares / Math.Max(1, gains.Length - strata.Length) / gains.Length), gains.Length);
    }

    /// <summary>Whether a candidate is only worth its time if residuals of the best learner have heavy tails.</summary>
    /// <param name="candidate">The candidate.</param>
    public static bool IsForOutliers(MetaTrainingOptions candidate) => candidate.Adapter is BayesianAdapterOptions { ValueLikelihood: ValueLikelihood.StudentT };

    /// <summary>Whether a candidate is only worth its time if residuals of the best learner have structure.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="best">The best learner so far.</param>
    public static bool NeedsStructure(MetaTrainingOptions candidate, TrainedLearner best) =>
        !IsLinear(candidate.Encoder!) && (IsLinear(best.Options.Encoder!) || best.Options.Encoder is KernelEncoderOptions);

    // The length of a projection is the only part of it that is not linear.
    private static bool IsLinear(EncoderOptions encoder) => encoder is IdentityEncoderOptions or ProjectionEncoderOptions or MlpEncoderOptions { HiddenUnits.Length: 0 };

    private static Dictionary<HeldOutUnit, double> LossOfUnits(EvaluatedLearner learner) =>
        learner.Episodes.GroupBy(episode => episode.Unit, episode => episode.RelativeLoss).ToDictionary(unit => unit.Key, unit => unit.Average());

    /// <summary>The default adapter for an encoder. It is Bayesian for regression, because it also gives deviations, and without an encoder.</summary>
    /// <param name="encoder">The encoder's options; null for a network.</param>
    /// <param name="problems">Problems on one feature store.</param>
    /// <param name="decide">Receives the choice and its reason; may be null.</param>
    public static AdapterOptions AdapterOn(EncoderOptions? encoder, IEnumerable<TaskSet> problems, Action<string>? decide = null)
    {
        (AdapterOptions adapter, string why) = encoder switch
        {
            IdentityEncoderOptions or KernelEncoderOptions => ((AdapterOptions)new BayesianAdapterOptions(), "tasks share a prior of their heads"),
            _ when problems.Any(problem => problem.Kind == LabelKind.Regression) => (new BayesianAdapterOptions(), "labels are numbers, and it also gives the deviation of scores"),
            ConvolutionalEncoderOptions when problems.All(problem => problem.CovariateNames.Count == 0) => (new PrototypeAdapterOptions(), "features are images, and labels are classes"),
            _ => (new RidgeAdapterOptions(), "labels are classes"),
        };
        decide?.Invoke($"Adapter: {Describe(adapter)}{(encoder is IdentityEncoderOptions or KernelEncoderOptions ? "" : " on the network")}, since {why}.");
        return adapter;
    }

    /// <summary>The name of a learner for the log: encoder and adapter.</summary>
    public static string Describe(MetaTrainingOptions options) => $"{DescribeEncoder(options)} + {Describe(options.Adapter!)}";

    private static string DescribeEncoder(MetaTrainingOptions options) => options.Encoder!.GetType().Name.Replace("EncoderOptions", "", StringComparison.Ordinal) + options.Encoder switch
    {
        SparseEncoderOptions { StructureDimension: 0 } => " without structure",
        MlpEncoderOptions { LinearPath: true } => " with a linear path",
        MlpEncoderOptions { HiddenUnits.Length: 0 } => " without hidden layers",
        _ => "",
    };

    private static string Describe(AdapterOptions adapter) =>
        adapter.GetType().Name.Replace("AdapterOptions", "", StringComparison.Ordinal) + (adapter is BayesianAdapterOptions { ValueLikelihood: ValueLikelihood.StudentT } ? " (Student's t)" : adapter is BayesianAdapterOptions { ClassLikelihood: ClassLikelihood.Logistic } ? " (logistic)" : "");
}
