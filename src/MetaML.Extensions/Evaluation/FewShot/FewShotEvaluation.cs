using System.Globalization;
using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>The evaluation of strategies on tasks that they were not trained on, with the same draws of support and query.</summary>
public sealed record FewShotEvaluation
{
    /// <summary>The kind of the labels.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>The metric by which strategies are compared.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>The support sizes, ascending.</summary>
    public required IReadOnlyList<int> SupportSizes { get; init; }

    /// <summary>Whether support sizes are numbers of rows of each class, rather than of each task.</summary>
    public required bool IsPerClass { get; init; }

    /// <summary>The number of draws of support from each task.</summary>
    public required int Draws { get; init; }

    /// <summary>Seed of the draws.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether the support precedes the query in time. If false, support and query were drawn at random.</summary>
    public bool IsInTimeOrder { get; init; }

    /// <summary>One curve for each strategy, in the given order.</summary>
    public required IReadOnlyList<FewShotCurve> Curves { get; init; }

    /// <summary>Names of the tasks that were left out because they have too few rows.</summary>
    public IReadOnlyList<string> SkippedTasks { get; init; } = [];

    /// <summary>The metric of each strategy, and the rows without a score.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Curves.Select(curve => string.Create(
        CultureInfo.InvariantCulture,
        $"{curve.Strategy}: {(curve.Overall is { } overall ? $"{Metric.DisplayName()} {overall[Metric].Macro} over {overall.Tasks.Count} tasks.{(UnscoredRows.Text(overall) is { } text ? $" {text}" : "")}" : $"failed. {curve.Exception?.Message}")}")));

    /// <summary>The curve of one strategy.</summary>
    /// <param name="strategy">Its name.</param>
    /// <exception cref="ArgumentException">There is no strategy of this name.</exception>
    public FewShotCurve this[string strategy] => Curves.FirstOrDefault(curve => curve.Strategy == strategy)
        ?? throw new ArgumentException($"The strategy must be one of {string.Join(", ", Curves.Select(curve => $"'{curve.Strategy}'"))}; got '{strategy}'.", nameof(strategy));

    /// <summary>Compares two strategies task by task.</summary>
    /// <param name="strategy">The strategy's name.</param>
    /// <param name="baseline">The name of the strategy that it is compared with.</param>
    /// <param name="supportSize">One of <see cref="SupportSizes"/>; null for the mean over all sizes.</param>
    /// <param name="metric">The metric; null for <see cref="Metric"/>.</param>
    /// <exception cref="ArgumentException">A strategy is unknown or failed, the size was not evaluated, or the metric does not fit the labels.</exception>
    public PairedComparison Compare(string strategy, string baseline, int? supportSize = null, TaskMetric? metric = null) =>
        PairedComparison.Of((strategy, EvaluationOf(strategy, supportSize)), (baseline, EvaluationOf(baseline, supportSize)), metric ?? Metric, supportSize);

    private TaskEvaluation EvaluationOf(string strategy, int? supportSize)
    {
        FewShotCurve curve = this[strategy];
        TaskEvaluation? evaluation = supportSize is null ? curve.Overall : curve.Points.FirstOrDefault(point => point.SupportSize == supportSize)?.Evaluation;
        return evaluation ?? throw new ArgumentException(
            curve.Exception is null
                ? $"The support size must be one of {string.Join(", ", SupportSizes)}; got {supportSize}."
                : $"The strategy must have been evaluated; got '{strategy}', which failed: {curve.Exception.Message}",
            nameof(strategy));
    }
}
