using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Joint;
using MetaML.Data;
using MetaML.Encoders.Sparse;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Fills in the encoder and the adapter where the user has left them open, from the data.</summary>
/// <remarks>
/// On tabular rows, a linear model with a prior learned across tasks (<see cref="HeadPrior"/>) is often the best learner, and it is cheap. It is the simplest candidate.
/// The others are the logistic likelihood of classes, which is slower and is better
/// if classes overlap, and a network. Each of them is chosen only if its loss on the validation episodes is lower by more than the
/// standard error of the difference (the rule of one standard error: Breiman et al., 1984). With sparse features and class labels,
/// such as texts, networks memorise the rare features of the training tasks. The candidates are then linear models with and without
/// directions that the training tasks have in common (<see cref="SparseEncoder"/>). Regression on sparse features
/// uses the network: the standard deviations of scores would need the square of the dimension of the sparse encoder for each task.
/// </remarks>
internal static class LearnerChoice
{
    // The factor of a learned covariance, and the posterior of each task, have the square of the number of features.
    private const int MostFeaturesOfPrior = 200;

    // Rows · features² above which a logistic likelihood, whose fit is iterative, takes longer than a network.
    private const double MostWorkOfLogistic = 1e8;

    /// <summary>What there is to choose from, the simplest first; with encoder and adapter set.</summary>
    /// <param name="problems">On one feature store.</param>
    /// <param name="options">Validated.</param>
    /// <param name="decide">Told what was chosen and why; may be null.</param>
    public static MetaTrainingOptions[] Candidates(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options, Action<string>? decide = null)
    {
        if (options.Encoder is null && IsForSparse(problems, options.Adapter))
        {
            decide?.Invoke("Encoder: Sparse, with directions that the tasks have in common or without, since features are sparse and labels are classes.");
            MetaTrainingOptions structured = options with { Encoder = new SparseEncoderOptions(), Adapter = options.Adapter ?? AdapterOn(null, problems, decide) };
            return [structured with { Encoder = new SparseEncoderOptions { StructureDimension = 0 } }, structured];
        }

        string? whyNetwork = options.Adapter is JointAdapterOptions ? "it is trained with a head for each task"
            : options.Adapter is not null ? "an adapter is set, and the linear learner has its own"
            : options.Episodes.Ways is not null ? "tasks are drawn from classes"
            : problems[0].Features.IsSparse ? "features are sparse, and labels are values"
            : problems[0].Features.FeatureCount > MostFeaturesOfPrior ? $"there are {problems[0].Features.FeatureCount} features, and a prior for a linear learner is learned of at most {MostFeaturesOfPrior}"
            : null;
        if (options.Encoder is not null || whyNetwork is not null)
        {
            if (options.Encoder is null)
                decide?.Invoke($"Encoder: Mlp, since {whyNetwork}.");
            return [Network(options, problems, decide)];
        }

        bool hasClasses = problems.Any(problem => problem.Kind != LabelKind.Regression);
        double work = problems.Sum(problem => problem.Tasks.Sum(task => (double)task.RowCount)) * problems[0].Features.FeatureCount * problems[0].Features.FeatureCount;
        bool triesLogistic = hasClasses && work <= MostWorkOfLogistic;
        string likelihoods = triesLogistic ? ", with a Gaussian and with a logistic likelihood" : hasClasses ? ", with a Gaussian likelihood (a logistic one would take long on so many rows)" : "";
        decide?.Invoke($"Learners: linear with a prior by empirical Bayes{likelihoods}{(options.MaximumNumberOfIterations > 0 ? ", and a network" : ", and no network, since there are no iterations to train it in")}: features are dense, {problems[0].Features.FeatureCount} of them.");
        var encoder = new IdentityEncoderOptions();
        List<MetaTrainingOptions> candidates = [options with { Encoder = encoder, Adapter = AdapterOn(encoder, problems, decide) }];
        if (triesLogistic)
            candidates.Add(options with { Encoder = encoder, Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } });
        if (options.MaximumNumberOfIterations > 0)
            candidates.Add(Network(options, problems, decide));
        return [.. candidates];
    }

    private static bool IsForSparse(IReadOnlyList<TaskSet> problems, AdapterOptions? adapter) => problems[0].Features.IsSparse
        && adapter is null or RidgeAdapterOptions or LogisticAdapterOptions or PrototypeAdapterOptions
        && problems.All(problem => problem.Kind != LabelKind.Regression);

    private static MetaTrainingOptions Network(MetaTrainingOptions options, IReadOnlyList<TaskSet> problems, Action<string>? decide) => options with
    {
        Encoder = options.Encoder ?? new MlpEncoderOptions(),
        Adapter = options.Adapter ?? AdapterOn(options.Encoder, problems, decide),
    };

    /// <summary>The learner to take.</summary>
    /// <param name="learners">The simplest first; all evaluated on the same episodes.</param>
    public static EvaluatedLearner Choose(IReadOnlyList<EvaluatedLearner> learners)
    {
        EvaluatedLearner best = learners[0];
        foreach (EvaluatedLearner other in learners.Skip(1))
        {
            if (IsBetter(other.Episodes, best.Episodes))
                best = other;
        }

        return best;
    }

    /// <summary>Whether a learner's losses are lower than a simpler one's by more than a standard error.</summary>
    /// <param name="losses">The learner's.</param>
    /// <param name="simpler">The simpler learner's, on the same episodes.</param>
    public static bool IsBetter(IReadOnlyList<EvaluatedEpisode> losses, IReadOnlyList<EvaluatedEpisode> simpler)
    {
        // Episodes of one held-out task are not independent, so the standard error is over tasks.
        double[] gains = [.. simpler.Zip(losses, (simple, other) => (simple.Unit, Gain: simple.Loss - other.Loss)).GroupBy(pair => pair.Unit, pair => pair.Gain).Select(unit => unit.Average())];
        double mean = gains.Average();
        double error = Math.Sqrt(gains.Sum(gain => (gain - mean) * (gain - mean)) / Math.Max(1, gains.Length - 1) / gains.Length);
        return mean > error;
    }

    /// <summary>The adapter for an encoder, where none is given: Bayesian wherever there are values, whose deviation it gives too, and without an encoder.</summary>
    /// <param name="encoder">As set; null where a network is to be chosen.</param>
    /// <param name="problems">On one feature store.</param>
    /// <param name="decide">Told what was chosen and why; may be null.</param>
    public static AdapterOptions AdapterOn(EncoderOptions? encoder, IEnumerable<TaskSet> problems, Action<string>? decide = null)
    {
        (AdapterOptions adapter, string why) = encoder switch
        {
            IdentityEncoderOptions => ((AdapterOptions)new BayesianAdapterOptions(), "without an encoder, what tasks have in common is a prior of their heads"),
            _ when problems.Any(problem => problem.Kind == LabelKind.Regression) => (new BayesianAdapterOptions(), "labels are values, and it also says how sure it is"),
            ConvolutionalEncoderOptions => (new PrototypeAdapterOptions(), "features are images, and labels classes"),
            _ => (new RidgeAdapterOptions(), "labels are classes"),
        };
        decide?.Invoke($"Adapter: {Describe(adapter)}{(encoder is IdentityEncoderOptions ? "" : " on the network")}, since {why}.");
        return adapter;
    }

    /// <summary>A learner in a few words, for the log.</summary>
    public static string Describe(MetaTrainingOptions options) =>
        options.Encoder!.GetType().Name.Replace("EncoderOptions", "", StringComparison.Ordinal)
        + (options.Encoder is SparseEncoderOptions { StructureDimension: 0 } ? " without structure" : "")
        + " + " + Describe(options.Adapter!);

    private static string Describe(AdapterOptions adapter) =>
        adapter.GetType().Name.Replace("AdapterOptions", "", StringComparison.Ordinal) + (adapter is BayesianAdapterOptions { ClassLikelihood: ClassLikelihood.Logistic } ? " (logistic)" : "");
}
