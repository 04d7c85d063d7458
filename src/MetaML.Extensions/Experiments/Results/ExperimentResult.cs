using Microsoft.ML;

namespace MetaML;

/// <summary>Which strategy is best, whether learning across tasks helps, and for which tasks: the shape is AutoML's.</summary>
public sealed record ExperimentResult
{
    /// <summary>What to do, and why, in one sentence.</summary>
    public required string Recommendation { get; init; }

    /// <summary>Whether learning across tasks helps, by the validation tasks, which also chose the best run.</summary>
    public required TransferVerdict Verdict { get; init; }

    /// <summary>Whether learning across tasks does worse than, or only as well as, each task from scratch.</summary>
    public bool IsNegativeTransfer => Verdict == TransferVerdict.DoesNotHelp;

    /// <summary>What the labels are.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>What strategies are compared by.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>Every run, failed ones too, in the order in which they ended.</summary>
    public required IReadOnlyList<RunDetail> RunDetails { get; init; }

    /// <summary>The run that did best on the validation tasks: what is recommended.</summary>
    public required RunDetail BestRun { get; init; }

    /// <summary>The best strategy, fitted again on training and validation tasks together. Null from scratch, where there is nothing to fit before a task's rows are there; <see cref="RunDetail.Model"/> of the best run where fitting was cancelled.</summary>
    public ITransformer? Model { get; init; }

    /// <summary>The best run of each kind on the validation tasks, on the same draws.</summary>
    public required FewShotEvaluation Validation { get; init; }

    /// <summary>The same strategies on the test tasks, which nothing was chosen by; null where there are none.</summary>
    public FewShotEvaluation? Test { get; init; }

    /// <summary>The best strategy that learns across tasks against the best one from scratch: on the test tasks, or on the validation tasks where there are none. Null where <see cref="Verdict"/> is <see cref="TransferVerdict.NotCompared"/>.</summary>
    public PairedComparison? Transfer { get; init; }

    /// <summary>The tasks that lose by learning across tasks, the worst first.</summary>
    public IReadOnlyList<TaskComparison> LosingTasks => [.. Transfer?.LosingTasks ?? []];

    /// <summary>How much training tasks help each other in the eyes of the best meta-learned model: of 50 rows of each at the most. Null where none succeeded, where class sets differ by task, and beyond 200 tasks.</summary>
    public RelatednessMatrix? Relatedness { get; init; }

    /// <summary>What was run.</summary>
    public required ExperimentDescription Description { get; init; }
}
