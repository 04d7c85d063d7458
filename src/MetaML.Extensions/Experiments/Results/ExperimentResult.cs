using MetaML.Extensions.Experiments.Results;
using Microsoft.ML;

namespace MetaML;

/// <summary>The result of an experiment: the best strategy, and whether and for which tasks learning across tasks helps. The properties follow AutoML's ExperimentResult.</summary>
public sealed record ExperimentResult
{
    /// <summary>The recommended strategy and the reason, in one sentence.</summary>
    public required string Recommendation { get; init; }

    /// <summary>Whether learning across tasks helps, by the interval of <see cref="Transfer"/>.</summary>
    public required TransferVerdict Verdict { get; init; }

    /// <summary>Whether learning across tasks is worse than learning each task from scratch.</summary>
    public bool IsNegativeTransfer => Verdict == TransferVerdict.Harms;

    /// <summary>The kind of the labels.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>The metric by which strategies are compared.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>All runs, including failed ones, in the order in which they ended.</summary>
    public required IReadOnlyList<RunDetail> RunDetails { get; init; }

    /// <summary>All runs, the best first. Runs that were judged on more folds of tasks come first, since the leading ones are. Failed runs are last.</summary>
    public IReadOnlyList<RunDetail> Leaderboard => [.. RunRanking.BestFirst(RunDetails, Metric)];

    /// <summary>The best run on the validation tasks. Its strategy is recommended.</summary>
    public required RunDetail BestRun { get; init; }

    /// <summary>
    /// The best strategy, fitted again to training and validation tasks together. Null if the best strategy learns from scratch:
    /// it fits nothing before it has rows of a task. <see cref="RunDetail.Model"/> of the best run if the fit was cancelled.
    /// </summary>
    public ITransformer? Model { get; init; }

    /// <summary>
    /// The weighted ensemble of several strategies, compared with the best run; null if there is none: the best run alone is chosen, it learns from scratch, or
    /// <see cref="TaskExperimentSettings.CombinesStrategies"/> is false.
    /// </summary>
    public CombinedStrategy? Ensemble { get; init; }

    /// <summary>The best run, except for tasks for which another strategy is better; null if there are no such tasks, or in the cases of <see cref="Ensemble"/>.</summary>
    public CombinedStrategy? Routed { get; init; }

    /// <summary>The best run of each kind, and those that <see cref="Transfer"/> compares, on the tasks that judged them, with the same draws.</summary>
    public required FewShotEvaluation Validation { get; init; }

    /// <summary>The same strategies on the test tasks, which have no influence on the choice; null if there are no test tasks.</summary>
    public FewShotEvaluation? Test { get; init; }

    /// <summary>
    /// The comparison of learning across tasks with learning from scratch, by the strategies that are best on the first validation tasks.
    /// No task takes part in the choice of the strategies that it is judged by: the tasks are those of further folds and the test tasks.
    /// Without further folds, a validation task is judged by the strategies that are best on the other validation tasks. Null if one of the two kinds is missing.
    /// </summary>
    public PairedComparison? Transfer { get; init; }

    /// <summary>About how many held-out tasks would decide whether learning across tasks helps, if <see cref="Verdict"/> is <see cref="TransferVerdict.Uncertain"/>; null otherwise, and if there would have to be more than 10,000.</summary>
    public int? TasksToDecide { get; init; }

    /// <summary>The tasks for which learning across tasks is worse, the worst first.</summary>
    public IReadOnlyList<TaskComparison> LosingTasks => [.. Transfer?.LosingTasks ?? []];

    /// <summary>
    /// How much each training task helps the others, measured with the best meta-learned model on at most 50 rows of each task.
    /// Null if no meta-learned strategy succeeded, if class sets differ by task, or if there are more than 200 tasks.
    /// </summary>
    public RelatednessMatrix? Relatedness { get; init; }

    /// <summary>
    /// How much the best run relies on each feature, by permutation of its values within the test tasks (the validation tasks if there are none), the most important first. Features are scalar columns
    /// of the data and slots of vectors of Single. Empty if <see cref="TaskExperimentSettings.MeasuresImportance"/> is false, if there are more than 100 features, or on cancellation.
    /// </summary>
    public IReadOnlyList<FeatureImportance> Importance { get; init; } = [];

    /// <summary>The data, settings and versions of the experiment.</summary>
    public required ExperimentDescription Description { get; init; }
}
