using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Training;

/// <summary>Fills in the encoder and the adapter where the user has left them open, from the data.</summary>
/// <remarks>
/// On tabular rows a linear model with a prior learned across tasks (<see cref="EmpiricalBayes"/>) is hard to beat and costs
/// next to nothing, so a network must earn its place: it is chosen where its loss on the validation episodes is lower by more
/// than the standard error of the difference (the rule of one standard error: Breiman et al., 1984). So must the Gaussian
/// likelihood of classes beside the logistic one: it is better where lines tell classes apart without error, and there alone by much.
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
        bool isTabular = problems[0].Features is { IsSparse: false, FeatureCount: <= MostFeaturesOfPrior } && options.Episodes.Ways is null;
        if ((options.Encoder ?? (object?)options.Adapter) is not null || !isTabular)
            return [network];

        var encoder = new IdentityEncoderOptions();
        List<MetaTrainingOptions> candidates = [options with { Encoder = encoder, Adapter = AdapterOn(encoder, problems) }];
        if (problems.Any(problem => problem.Kind != LabelKind.Regression))
            candidates.Add(options with { Encoder = encoder, Adapter = new BayesianAdapterOptions() });
        if (options.MaximumNumberOfIterations > 0)
            candidates.Add(network);
        return [.. candidates];
    }

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

    /// <summary>The adapter for an encoder, where none is given: Bayesian wherever there are values, whose deviation it gives too; without an encoder, with a logistic likelihood of classes.</summary>
    public static AdapterOptions AdapterOn(EncoderOptions? encoder, IEnumerable<TaskSet> problems) => encoder switch
    {
        IdentityEncoderOptions when problems.Any(problem => problem.Kind != LabelKind.Regression) => new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic },
        IdentityEncoderOptions => new BayesianAdapterOptions(),
        _ when problems.Any(problem => problem.Kind == LabelKind.Regression) => new BayesianAdapterOptions(),
        ConvolutionalEncoderOptions => new PrototypeAdapterOptions(),
        _ => new RidgeAdapterOptions(),
    };
}
