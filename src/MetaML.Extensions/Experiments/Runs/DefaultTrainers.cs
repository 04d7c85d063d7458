using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The trainers of other packages that an experiment tries by default, from scratch and pooled.</summary>
internal sealed class DefaultTrainers(MLContext context, ExperimentColumns columns, LabelKind kind)
{
    // By default, SDCA makes very many passes over the few rows of a task.
    private const int SdcaPasses = 100;

    private const int FewestRowsOfLeaf = 2; // with the default number, a tree of few rows is one leaf

    /// <summary>The trainers of referenced packages for the rows of one task.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> ForFewRows() => [.. PriorFitted(), .. Trees(("minimumExampleCountPerLeaf", FewestRowsOfLeaf))];

    /// <summary>The trainers of referenced packages for the rows of all tasks.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> ForManyRows() => Trees();

    /// <summary>The first trainer of trees for the rows of all tasks; null if the application references none.</summary>
    public (string Name, IEstimator<ITransformer> Trainer)? PooledTrees() => Trees().Cast<(string, IEstimator<ITransformer>)?>().FirstOrDefault();

    /// <summary>ML.NET's linear trainers, which require features of similar scale. Meta-learners scale features themselves.</summary>
    public IEnumerable<(string Name, IEstimator<ITransformer> Trainer)> Linear()
    {
        (string Name, IEstimator<ITransformer> Trainer)[] trainers = kind switch
        {
            LabelKind.Binary =>
            [
                ("L-BFGS", context.BinaryClassification.Trainers.LbfgsLogisticRegression(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1 })),
                ("SDCA", context.BinaryClassification.Trainers.SdcaLogisticRegression(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses })),
            ],
            LabelKind.Multiclass =>
            [
                ("L-BFGS", context.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1 })),
                ("SDCA", context.MulticlassClassification.Trainers.SdcaMaximumEntropy(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses })),
            ],
            _ => [("SDCA", context.Regression.Trainers.Sdca(new() { LabelColumnName = columns.Label, FeatureColumnName = columns.Features, NumberOfThreads = 1, MaximumNumberOfIterations = SdcaPasses }))],
        };
        return trainers.Select(trainer => (trainer.Name, (IEstimator<ITransformer>)context.Transforms.NormalizeMeanVariance(columns.Features).Append(trainer.Trainer)));
    }

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
