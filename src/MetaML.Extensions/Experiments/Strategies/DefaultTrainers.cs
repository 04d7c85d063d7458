using MetaML.Extensions.Experiments.Runs;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>The trainers of other packages that an experiment tries by default, from scratch and pooled.</summary>
internal sealed class DefaultTrainers(MLContext context, ExperimentColumns columns, LabelKind kind)
{
    // By default, SDCA makes very many passes over the few rows of a task.
    private const int SdcaPasses = 100;

    // By default, the intercept of SDCA's regression has no penalty, and grows without bound where few rows hardly differ in their features.
    private const float PenalizedBias = 0;

    private static readonly (string Name, object Value)[] s_ofFewRows = [("minimumExampleCountPerLeaf", 2)]; // with the default number, a tree of few rows is one leaf

    private static readonly SearchedOption s_penalty = new("penalty", 0.001, 1, 100);
    private static readonly SearchedOption[] s_ofTrees = [new("learning rate", 0.02, 0.2, 0.5), new("leaves", 3, 20, 64, IsWhole: true)];

    /// <summary>The trainers of referenced packages for the rows of one task.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> ForFewRows() => [.. PriorFitted(), .. Trees(s_ofFewRows)];

    /// <summary>The trainers of referenced packages for the rows of all tasks.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> ForManyRows() => Trees();

    /// <summary>The first trainer of trees for the rows of all tasks; null if the application references none.</summary>
    public (string Name, IEstimator<ITransformer> Trainer)? PooledTrees() => Trees().Cast<(string, IEstimator<ITransformer>)?>().FirstOrDefault();

    /// <summary>The trainers with numeric options that a search can change: their names, options, and how they are made of a value for each option.</summary>
    /// <param name="isForFewRows">Whether they are for the rows of one task.</param>
    public IEnumerable<(string Name, SearchedOption[] Options, Func<IReadOnlyList<double>, IEstimator<ITransformer>> Create)> Tunable(bool isForFewRows)
    {
        if (kind != LabelKind.Regression)
            yield return ("L-BFGS", [s_penalty], values => Scaled(Lbfgs(values[0])));
        foreach (var (name, _) in Trees().Where(trees => trees.Name != "FastForest")) // its trees are independent, and have no learning rate
        {
            yield return (name, s_ofTrees, values => Trees([("learningRate", values[0]), ("numberOfLeaves", (int)values[1]), .. isForFewRows ? s_ofFewRows : []]).First(trees => trees.Name == name).Trainer);
        }
    }

    /// <summary>ML.NET's linear trainers, which require features of similar scale. Meta-learners scale features themselves.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Linear()
    {
        (string Name, IEstimator<ITransformer> Trainer)[] trainers = kind switch
        {
            LabelKind.Binary =>
            [
                ("L-BFGS", Lbfgs(s_penalty.Default)),
                ("SDCA", context.BinaryClassification.Trainers.SdcaLogisticRegression(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses })),
            ],
            LabelKind.Multiclass =>
            [
                ("L-BFGS", Lbfgs(s_penalty.Default)),
                ("SDCA", context.MulticlassClassification.Trainers.SdcaMaximumEntropy(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses })),
            ],
            _ => [("SDCA", context.Regression.Trainers.Sdca(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses, BiasLearningRate = PenalizedBias }))],
        };
        return trainers.Select(trainer => (trainer.Name, (IEstimator<ITransformer>)Scaled(trainer.Trainer)));
    }

    private EstimatorChain<ITransformer> Scaled(IEstimator<ITransformer> trainer) => context.Transforms.NormalizeMeanVariance(columns.Features).Append(trainer);

    private IEstimator<ITransformer> Lbfgs(double penalty) => kind == LabelKind.Binary
        ? context.BinaryClassification.Trainers.LbfgsLogisticRegression(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, L2Regularization = (float)penalty })
        : context.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, L2Regularization = (float)penalty });

    private object Catalog => kind switch
    {
        LabelKind.Binary => context.BinaryClassification.Trainers,
        LabelKind.Multiclass => context.MulticlassClassification.Trainers,
        _ => context.Regression.Trainers,
    };

    private IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> PriorFitted() => Named("prior-fitted network", Create("MetaML.Pretrained", "Microsoft.ML.PriorFittedExtensions", "PriorFitted"));

    private IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Trees(params (string Name, object Value)[] arguments) =>
    [
        .. Named("LightGBM", Create("Microsoft.ML.LightGbm", "Microsoft.ML.LightGbmExtensions", "LightGbm", arguments)),
        .. Named("FastTree", Create("Microsoft.ML.FastTree", "Microsoft.ML.TreeExtensions", "FastTree", arguments)),
        .. Named("FastForest", Calibrated(Create("Microsoft.ML.FastTree", "Microsoft.ML.TreeExtensions", "FastForest", arguments))),
    ];

    // FastForest gives scores of classes without probabilities.
    private IEstimator<ITransformer>? Calibrated(IEstimator<ITransformer>? trainer) =>
        trainer is not null && kind == LabelKind.Binary ? trainer.Append(context.BinaryClassification.Calibrators.Platt(columns.Label)) : trainer;

    private IEstimator<ITransformer>? Create(string package, string type, string method, params (string Name, object Value)[] arguments) =>
        ReferencedTrainers.Create(Catalog, package, type, method, [("labelColumnName", columns.Label), ("featureColumnName", columns.Features), .. arguments]);

    private static IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Named(string name, IEstimator<ITransformer>? trainer) => trainer is null ? [] : [(name, trainer)];
}
