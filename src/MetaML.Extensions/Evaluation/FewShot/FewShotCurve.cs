using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>The metrics of a strategy as a function of the number of support rows.</summary>
public sealed record FewShotCurve
{
    /// <summary>The strategy's name.</summary>
    public required string Strategy { get; init; }

    /// <summary>The rows that the strategy learns from.</summary>
    public required StrategyKind Kind { get; init; }

    /// <summary>One point for each support size, ascending. If the strategy failed, only the points that were finished before.</summary>
    public required IReadOnlyList<FewShotPoint> Points { get; init; }

    /// <summary>The metrics of each task as means over the support sizes; null if the strategy failed.</summary>
    public TaskEvaluation? Overall { get; init; }

    /// <summary>The time of learning, adaptation and scoring, in seconds.</summary>
    public double RuntimeInSeconds { get; init; }

    /// <summary>The exception with which the strategy failed; null if it succeeded.</summary>
    public Exception? Exception { get; init; }

    /// <summary>This curve with other tasks, for the same support sizes.</summary>
    internal FewShotCurve With(IReadOnlyList<FewShotPoint> other)
    {
        FewShotPoint[] points = [.. Points.Zip(other, (own, added) => own with { Evaluation = new TaskEvaluation(own.Evaluation.Kind, [.. own.Evaluation.Tasks, .. added.Evaluation.Tasks]) })];
        return this with { Points = points, Overall = MetricMeans.Over([.. points.Select(point => point.Evaluation)]) };
    }
}
