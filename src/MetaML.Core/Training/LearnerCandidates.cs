using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Encoders.Sparse;
using MetaML.Options;

namespace MetaML.Training;

/// <summary>The learners that are compared if the user has not set the encoder or the adapter.</summary>
/// <remarks>
/// <para>For tabular data the simplest candidate is a linear model with a prior learned across tasks (<see cref="HeadPrior"/>). It is
/// accurate and trains fast. For classes its likelihood is logistic, and a Gaussian one is the next candidate: it is better where
/// classes hardly overlap, and faster. For values a likelihood with Student's t follows. The next is linear in the features
/// of a kernel too (<see cref="KernelEncoderOptions"/>), and the last are networks with and without a linear path. These take most of the time and are often no better.
/// Some candidates are only tried if the residuals of the best learner before show what they could learn (<see cref="IsForOutliers"/>, <see cref="NeedsStructure"/>).</para>
/// <para>Hundreds of dense features are often embeddings of a pretrained encoder. For classes, the candidates are then ridge regression on the features, prototypes and ridge regression on a map of them that starts at the identity
/// (<see cref="ProjectionEncoderOptions"/>), and networks.</para>
/// <para>For classification of sparse features,
/// such as those of texts, a network overfits rare features of the training tasks. The candidates are then a linear model without
/// and with the directions that training tasks share (<see cref="SparseEncoder"/>). For regression on sparse features the network
/// is used, because predictive deviations would need the squared dimension of the sparse encoder for each task.</para>
/// </remarks>
internal static class LearnerCandidates
{
    // The factor of a learned covariance, and the posterior of each task, have the square of the number of features.
    private const int MaximumFeaturesOfPrior = 200;

    // The length scales of more features are not determined by the rows that they are learned from.
    private const int MaximumFeaturesOfKernel = 50;

    // Fewer tasks say little about others: a network that has learned from made-up tables often knows more.
    private const int FewestTasks = 8;

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
    public static MetaTrainingOptions[] Of(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide = null)
    {
        var facts = new Facts(problems);
        if (options.Encoder is not null)
            return [Network(options, problems, decide)];
        if (IsForSparse(problems, options.Adapter))
            return OnSparse(problems, options, decide);
        if (WhyNetwork(facts, options) is { } why)
        {
            decide?.Invoke($"Encoder: Mlp, since {why}.");
            return [Network(options, problems, decide)];
        }

        if (options.Adapter is not null || facts.HasManyFeatures)
            return ForAdapter(facts, options, decide);
        if (PriorFitted(problems, options) is not { } network)
            return OfFewFeatures(facts, options, options.MaximumNumberOfIterations > 0 ? null : "MaximumNumberOfIterations is 0", decide);
        decide?.Invoke($"Learner: PriorFitted, the network of MetaML.Pretrained, to which the program refers, since nothing is set, and {facts.TaskCount} tasks say little about others. Another learner is chosen if it is much better.");
        return [options with { Encoder = new IdentityEncoderOptions(), Adapter = network }, .. OfFewFeatures(facts, options, "tasks are few", decide)];
    }

    private static MetaTrainingOptions[] OnSparse(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide)
    {
        decide?.Invoke("Encoder: Sparse, with or without directions that tasks share, since features are sparse and labels are classes.");
        MetaTrainingOptions structured = options with { Encoder = new SparseEncoderOptions(), Adapter = options.Adapter ?? AdapterOn(null, problems, decide) };
        return [structured with { Encoder = new SparseEncoderOptions { StructureDimension = 0 } }, structured];
    }

    // Why only a network is suitable; null if it is not so.
    private static string? WhyNetwork(Facts facts, MetaTrainingOptions options) =>
        options.Adapter is JointAdapterOptions ? "it is trained with a head for each task"
        : options.Adapter is not null && options.TaskWeighting is not UniformWeightingOptions ? "an adapter and task weights are set, and task weights act on the training of a network"
        : options.Episodes.Ways is not null && !(facts.HasManyFeatures && options.Adapter is null) ? "tasks are drawn from classes"
        : facts.Problems[0].Features.IsSparse ? "features are sparse, and labels are numbers"
        : facts.HasManyFeatures && (facts.HasValues || options.Adapter is BayesianAdapterOptions) ? $"there are {facts.FeatureCount} features, and the prior of a linear learner is limited to {MaximumFeaturesOfPrior}"
        : null;

    // Encoders for the adapter that is set, or for many features.
    private static MetaTrainingOptions[] ForAdapter(Facts facts, MetaTrainingOptions options, Action<string>? decide)
    {
        bool isSet = options.Adapter is not null, trainsNetworks = options.MaximumNumberOfIterations > 0;
        AdapterOptions adapter = options.Adapter ?? AdapterOn(null, facts.Problems, decide);
        List<MetaTrainingOptions> candidates = [.. adapter.CandidateEncoders().Take(trainsNetworks ? int.MaxValue : 1).Select(encoder => options with { Encoder = encoder, Adapter = adapter })];
        if (!isSet && trainsNetworks && facts.Problems.All(problem => problem.CovariateNames.Count == 0))
        {
            // Hundreds of features are often embeddings. Prototypes are better with one row of a class, ridge regression with several.
            candidates.InsertRange(1, [options with { Encoder = new ProjectionEncoderOptions(), Adapter = new PrototypeAdapterOptions() }, options with { Encoder = new ProjectionEncoderOptions(), Adapter = adapter }]);
        }

        if (trainsNetworks && facts.Kernel is not null && adapter is BayesianAdapterOptions bayesian && !facts.Problems.Any(problem => bayesian.PredictsCounts(problem.Kind))
            && (!facts.HasClasses || bayesian.ClassLikelihood == ClassLikelihood.Gaussian || facts.IsKernelLogistic))
        {
            candidates.Insert(1, options with { Encoder = facts.Kernel, Adapter = adapter });
        }

        decide?.Invoke($"Encoder: {string.Join(", or ", candidates.Select(LearnerName.OfEncoder).Distinct())}, since {(isSet ? "an adapter is set, and " : "")}features are dense, {facts.FeatureCount} of them.");
        return [.. candidates];
    }

    // With a reason against them, networks are left out.
    private static MetaTrainingOptions[] OfFewFeatures(Facts facts, MetaTrainingOptions options, string? whyNoNetwork, Action<string>? decide)
    {
        string likelihoods = facts.IsLogistic ? ", with a logistic and with a Gaussian likelihood" : facts.HasClasses ? ", with a Gaussian likelihood (a logistic one would take long for this many rows)" : "";
        string kernel = facts.Kernel is null ? "" : ", with and without the features of a kernel";
        string networks = whyNoNetwork is null ? ", and networks with and without a linear path" : $", and no network, since {whyNoNetwork}";
        decide?.Invoke($"Learners: linear with a prior by empirical Bayes{likelihoods}{kernel}{networks}: features are dense, {facts.FeatureCount} of them.");
        var encoder = new IdentityEncoderOptions();
        var logistic = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic };
        List<MetaTrainingOptions> candidates = [];
        if (facts.IsLogistic)
            candidates.Add(options with { Encoder = encoder, Adapter = logistic with { } });
        candidates.Add(options with { Encoder = encoder, Adapter = AdapterOn(encoder, facts.Problems, decide) });
        if (facts.HasValues)
            candidates.Add(options with { Encoder = encoder, Adapter = new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.StudentT, ClassLikelihood = facts.IsLogistic ? ClassLikelihood.Logistic : ClassLikelihood.Gaussian } });
        if (facts.Kernel is not null)
            candidates.Add(options with { Encoder = facts.Kernel, Adapter = facts.IsKernelLogistic ? logistic with { } : AdapterOn(facts.Kernel, facts.Problems, decide) });
        if (whyNoNetwork is null)
        {
            candidates.Add(Network(options with { Encoder = new MlpEncoderOptions { LinearPath = true } }, facts.Problems, decide));
            candidates.Add(Network(options with { Encoder = new MlpEncoderOptions() }, facts.Problems, decide));
        }

        return [.. candidates];
    }

    /// <summary>The options with the prior-fitted network as the adapter, if nothing is set, there is only one task, and the program refers to the network's package; otherwise the options.</summary>
    /// <param name="problems">Problems on one feature store.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="decide">Receives the choice and its reason; may be null.</param>
    public static MetaTrainingOptions ForOneTask(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide = null)
    {
        if (problems[0].Tasks.Count != 1 || PriorFitted(problems, options) is not { } adapter)
            return options;
        decide?.Invoke("Learner: PriorFitted, since nothing is set, and there is one task: the network of MetaML.Pretrained, to which the program refers, learns the task from its rows.");
        return options with { Adapter = adapter, ValidationFraction = 0 };
    }

    // The adapter of MetaML.Pretrained; null if the program does not refer to it, something is set, it cannot read the tasks, or tasks are many.
    private static AdapterOptions? PriorFitted(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options)
    {
        TaskSet tasks = problems[0];
        bool isOpen = options is { Encoder: null, Adapter: null, Episodes.Ways: null, TaskWeighting: UniformWeightingOptions };
        bool hasFewTasks = problems.Count == 1 && tasks.Tasks.Count is > 0 and < FewestTasks;
        bool IsReadable() => !tasks.Features.IsSparse && tasks.Features.FeatureCount <= MaximumFeaturesOfPrior && tasks.GroupNames.Count == 0 && tasks.Tasks.All(task => task.Classes.Length <= MaximumClassesOfNetwork && task.Exposures is null);
        return isOpen && hasFewTasks && IsReadable() && OptionNames.TypeOf(typeof(AdapterOptions), OptionNames.PriorFitted) is { } type
            ? (AdapterOptions)Activator.CreateInstance(type)! : null;
    }

    /// <summary>Whether a candidate is only worth its time if residuals of the best learner have heavy tails.</summary>
    /// <param name="candidate">The candidate.</param>
    public static bool IsForOutliers(MetaTrainingOptions candidate) => candidate.Adapter is BayesianAdapterOptions { ValueLikelihood: ValueLikelihood.StudentT };

    /// <summary>Whether a candidate is only worth its time if residuals of the best learner have structure.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="best">The best learner so far.</param>
    public static bool NeedsStructure(MetaTrainingOptions candidate, TrainedLearner best) => !IsLinear(candidate.Encoder!)
        && (IsLinear(best.Options.Encoder!) || best.Options.Encoder is KernelEncoderOptions)
        && !best.Options.Adapter!.LearnsOneTask(); // its scores are not linear in the features, and follow the rows that it has read

    // The length of a projection is the only part of it that is not linear.
    private static bool IsLinear(EncoderOptions encoder) => encoder is IdentityEncoderOptions or ProjectionEncoderOptions or MlpEncoderOptions { HiddenUnits.Length: 0 };

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
        decide?.Invoke($"Adapter: {LearnerName.Of(adapter)}{(encoder is IdentityEncoderOptions or KernelEncoderOptions ? "" : " on the network")}, since {why}.");
        return adapter;
    }

    private static bool IsForSparse(IReadOnlyList<TaskSet> problems, AdapterOptions? adapter) => problems[0].Features.IsSparse
        && adapter is null or RidgeAdapterOptions or LogisticAdapterOptions or PrototypeAdapterOptions
        && problems.All(problem => problem.Kind != LabelKind.Regression);

    private static MetaTrainingOptions Network(MetaTrainingOptions options, IReadOnlyList<TaskSet> problems, Action<string>? decide) => options with
    {
        Encoder = options.Encoder ?? new MlpEncoderOptions(),
        Adapter = options.Adapter ?? AdapterOn(options.Encoder, problems, decide),
    };

    private static KernelEncoderOptions? KernelFor(IReadOnlyList<TaskSet> problems)
    {
        int features = problems[0].Features.FeatureCount, tasks = problems.Sum(problem => problem.Tasks.Count);
        var encoder = new KernelEncoderOptions();
        encoder.LandmarkCount = (int)Math.Clamp(problems.Sum(problem => problem.Tasks.Sum(task => (long)task.RowCount)) / RowsPerLandmark, FewestLandmarks, encoder.LandmarkCount);
        double embedding = features + encoder.LandmarkCount;
        return features <= MaximumFeaturesOfKernel && tasks * embedding * embedding / 2 <= MaximumValuesOfDeviations ? encoder : null;
    }

    private sealed class Facts(IReadOnlyList<TaskSet> problems)
    {
        private readonly double _rows = problems.Sum(problem => problem.Tasks.Sum(task => (double)task.RowCount));

        public IReadOnlyList<TaskSet> Problems => problems;

        public int TaskCount => problems.Sum(problem => problem.Tasks.Count);

        public int FeatureCount => problems[0].Features.FeatureCount;

        public bool HasManyFeatures => FeatureCount > MaximumFeaturesOfPrior;

        public bool HasClasses { get; } = problems.Any(problem => problem.Kind != LabelKind.Regression);

        public bool HasValues { get; } = problems.Any(problem => problem.Kind == LabelKind.Regression);

        /// <summary>The encoder of a kernel; null where it would take too long, or too much memory.</summary>
        public KernelEncoderOptions? Kernel { get; } = KernelFor(problems);

        /// <summary>Whether a logistic likelihood is tried on the features.</summary>
        public bool IsLogistic => IsFast(FeatureCount);

        /// <summary>Whether it is tried on those of the kernel too.</summary>
        public bool IsKernelLogistic => Kernel is not null && IsFast(FeatureCount + Kernel.LandmarkCount);

        private bool IsFast(int embedding) => HasClasses && _rows * embedding * embedding <= MaximumWorkOfLogistic;
    }
}
