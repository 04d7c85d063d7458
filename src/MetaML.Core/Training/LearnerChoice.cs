using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Training;

/// <summary>Fills in the encoder and the adapter where the user has left them open, from the data.</summary>
/// <remarks>
/// On tabular rows a linear model with a prior learned across tasks (<see cref="EmpiricalBayes"/>) is hard to beat and costs
/// next to nothing, so whatever is more must earn its place: the logistic likelihood of classes, which is slower and better
/// where classes overlap, and a network. Each is chosen where its loss on the validation episodes is lower by more than the
/// standard error of the difference (the rule of one standard error: Breiman et al., 1984). On sparse features that classes
/// are told by, such as those of texts, networks learn the training tasks' rare features by heart: there the choice is
/// whether new tasks gain from directions that the training tasks have in common (<see cref="SparseEncoder"/>). Values
/// keep the network: the deviations of their scores would need the square of the sparse encoder's dimension for each task.
/// </remarks>
internal static class LearnerChoice
{
    // Empirical Bayes costs the cube of the number of features for each task.
    private const int MostFeaturesOfPrior = 200;

    /// <summary>What there is to choose from, the simplest first; with encoder and adapter set.</summary>
    public static MetaTrainingOptions[] Candidates(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options)
    {
        MetaTrainingOptions network = options with
        {
            Encoder = options.Encoder ?? new MlpEncoderOptions(),
            Adapter = options.Adapter ?? AdapterOn(options.Encoder, problems),
        };
        if (options.Encoder is null && IsForSparse(problems, options.Adapter))
        {
            MetaTrainingOptions structured = options with { Encoder = new SparseEncoderOptions(), Adapter = options.Adapter ?? new RidgeAdapterOptions() };
            return [structured with { Encoder = new SparseEncoderOptions { StructureDimension = 0 } }, structured];
        }

        bool isTabular = problems[0].Features is { IsSparse: false, FeatureCount: <= MostFeaturesOfPrior } && options.Episodes.Ways is null;
        if ((options.Encoder ?? (object?)options.Adapter) is not null || !isTabular)
            return [network];

        var encoder = new IdentityEncoderOptions();
        List<MetaTrainingOptions> candidates = [options with { Encoder = encoder, Adapter = AdapterOn(encoder, problems) }];
        if (problems.Any(problem => problem.Kind != LabelKind.Regression))
            candidates.Add(options with { Encoder = encoder, Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic } });
        if (options.MaximumNumberOfIterations > 0)
            candidates.Add(network);
        return [.. candidates];
    }

    private static bool IsForSparse(IReadOnlyList<TaskSet> problems, AdapterOptions? adapter) => problems[0].Features.IsSparse
        && adapter is null or RidgeAdapterOptions or LogisticAdapterOptions or PrototypeAdapterOptions
        && problems.All(problem => problem.Kind != LabelKind.Regression);

    /// <summary>The number of the learner to take.</summary>
    /// <param name="losses">Of each candidate, the simplest first, on the same episodes.</param>
    public static int Choose(double[][] losses)
    {
        int best = 0;
        for (int i = 1; i < losses.Length; i++)
        {
            double[] gains = [.. losses[best].Zip(losses[i], (simple, other) => simple - other)];
            double mean = gains.Average();
            double error = Math.Sqrt(gains.Sum(gain => (gain - mean) * (gain - mean)) / Math.Max(1, gains.Length - 1) / gains.Length);
            if (mean > error)
                best = i;
        }

        return best;
    }

    /// <summary>The adapter for an encoder, where none is given: Bayesian wherever there are values, whose deviation it gives too, and without an encoder.</summary>
    public static AdapterOptions AdapterOn(EncoderOptions? encoder, IEnumerable<TaskSet> problems) => encoder switch
    {
        IdentityEncoderOptions => new BayesianAdapterOptions(),
        _ when problems.Any(problem => problem.Kind == LabelKind.Regression) => new BayesianAdapterOptions(),
        ConvolutionalEncoderOptions => new PrototypeAdapterOptions(),
        _ => new RidgeAdapterOptions(),
    };
}
