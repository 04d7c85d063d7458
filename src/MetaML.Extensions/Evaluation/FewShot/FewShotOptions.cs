using MetaML.Extensions.Evaluation.Columns;
using MetaML.Options;

namespace MetaML;

/// <summary>Options of a few-shot evaluation: the draws of support and query, and the metric.</summary>
/// <example>
/// The rows of a task change with time, so the support must precede the query.
/// <code>
/// var options = new FewShotOptions { SupportSizes = [7, 14, 28], TimeColumnName = "Date" };
/// FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
///     queryRows, [LearningStrategy.MetaLearned("meta-learned", model)], labelColumnName: "Demand", taskColumnName: "Store", options: options);
/// Console.WriteLine(result);
/// </code>
/// </example>
public sealed record FewShotOptions
{
    /// <summary>Options with their defaults.</summary>
    public FewShotOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private FewShotOptions(FewShotOptions original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>Support sizes at which every strategy is evaluated: numbers of rows of each task. Classes keep their proportions, and each class has at least one row if the size allows it.</summary>
    /// <value>Each at least 1, all different; default 5, 10, 20. A larger support contains the smaller ones, and all sizes have the same query.</value>
    public int[] SupportSizes { get; set; } = [5, 10, 20];

    /// <summary>Whether <see cref="SupportSizes"/> are numbers of rows of each class of a task (shots), rather than of each task.</summary>
    /// <value>Default false. It has no effect on regression labels, which have no classes.</value>
    public bool IsPerClass { get; set; }

    /// <summary>The number of draws of support from each task. The metrics of a task are means over its draws.</summary>
    /// <value>At least 1; default 5.</value>
    public int Draws { get; set; } = 5;

    /// <summary>The largest number of query rows of each task.</summary>
    /// <value>At least 1, or null (default): all rows that are in no support of the draw.</value>
    public int? QueryRows { get; set; }

    /// <summary>Whether to leave out tasks that have too few rows for the largest support and one query row. If false, such tasks are an error.</summary>
    /// <value>Default false. <see cref="FewShotEvaluation.SkippedTasks"/> names the tasks that were left out.</value>
    public bool SkipsSmallTasks { get; set; }

    /// <summary>The time column. If it is set, the support precedes the query in time in every task. Set it if the rows of a task change with time.</summary>
    /// <value>
    /// Null (default): support and query are drawn at random. The column is a number, DateTime, DateTimeOffset, TimeSpan or key,
    /// in the data or made by a step of a pipeline. Each draw cuts the rows of a task at another point of time. The support is
    /// the last rows before the cut, regardless of their classes, and the query is the rows after it. Rows of the same time keep
    /// the order of the data.
    /// </value>
    public string? TimeColumnName { get; set; }

    /// <summary>Whether the rows of the data are in the order of time. If true, the support precedes the query as with <see cref="TimeColumnName"/>, without a time column.</summary>
    /// <value>Default false. It must be false if <see cref="TimeColumnName"/> is set.</value>
    public bool IsInTimeOrder { get; set; }

    /// <summary>A metric of your own: a function of the query rows of a task in one draw, such as the profit of the decisions that follow from the scores. Higher is better; NaN leaves the draw out. It may be called by one thread at a time.</summary>
    /// <value>Null (default): none. If it is set, strategies are compared by it (<see cref="TaskMetric.Own"/>), unless <see cref="Metric"/> is another metric.</value>
    public Func<IReadOnlyList<ScoredRow>, double>? OwnMetric { get; set; }

    /// <summary>The metric by which strategies are compared.</summary>
    /// <value>Null (default): <see cref="OwnMetric"/> if it is set, else accuracy for binary labels, micro-accuracy for multiclass labels, RMSE for regression.</value>
    public TaskMetric? Metric { get; set; }

    /// <summary>Seed of the draws.</summary>
    /// <value>Null (default): the seed of the MLContext, or 0 if the context has none.</value>
    public int? Seed { get; set; }

    internal RowOrder Order => new(TimeColumnName, IsInTimeOrder);

    internal TaskMetric MetricFor(LabelKind kind) => Metric ?? (OwnMetric is null ? kind.Metrics()[0] : TaskMetric.Own);

    internal void Validate()
    {
        OptionCheck.NotNull(this, nameof(SupportSizes), SupportSizes);
        if (SupportSizes.Length == 0)
            throw OptionCheck.Error(this, nameof(SupportSizes), "at least one size", "none");
        foreach (int size in SupportSizes)
            OptionCheck.AtLeast<int>(this, nameof(SupportSizes), size, 1);
        if (SupportSizes.Distinct().Count() < SupportSizes.Length)
            throw OptionCheck.Error(this, nameof(SupportSizes), "different sizes", string.Join(", ", SupportSizes));
        OptionCheck.AtLeast<int>(this, nameof(Draws), Draws, 1);
        OptionCheck.AtLeast(this, nameof(QueryRows), QueryRows, 1);
        Order.Checked($"{nameof(FewShotOptions)}.{nameof(TimeColumnName)}", $"{nameof(FewShotOptions)}.{nameof(IsInTimeOrder)}");
        if (Metric is { } metric)
            OptionCheck.Defined(this, nameof(Metric), metric);
        if (Metric == TaskMetric.Own && OwnMetric is null)
            throw OptionCheck.Error(this, nameof(Metric), "a metric that is known if OwnMetric is null", Metric);
    }
}
