using MetaML.Extensions.Evaluation.Columns;
using MetaML.Options;

namespace MetaML;

/// <summary>How support and query are drawn from the tasks that strategies are judged on, and by what.</summary>
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

    /// <summary>Support sizes that every strategy is judged at: rows of each task, classes in their proportions and each at least once where the size allows.</summary>
    /// <value>Each at least 1, no two alike; default 5, 10, 20. Draws are nested: a larger support holds the smaller ones, and all are judged on the same query.</value>
    public int[] SupportSizes { get; set; } = [5, 10, 20];

    /// <summary>Whether <see cref="SupportSizes"/> are rows of each class of a task (shots) rather than rows of a task.</summary>
    /// <value>Default false. For values, which have no classes, it changes nothing.</value>
    public bool IsPerClass { get; set; }

    /// <summary>How often support is drawn from each task; a task's metrics are means over its draws.</summary>
    /// <value>At least 1; default 5.</value>
    public int Draws { get; set; } = 5;

    /// <summary>The largest number of query rows of each task.</summary>
    /// <value>At least 1, or null (default): all rows that are in no support.</value>
    public int? QueryRows { get; set; }

    /// <summary>Leave out tasks that have too few rows for the largest support and one query row, rather than refuse them.</summary>
    /// <value>Default false. Those left out are in <see cref="FewShotEvaluation.SkippedTasks"/>.</value>
    public bool SkipsSmallTasks { get; set; }

    /// <summary>The column of time, if rows of a task change with time: the support is then before the query in every task.</summary>
    /// <value>
    /// Null (default): support and query are drawn at random. A number, DateTime, DateTimeOffset, TimeSpan or key, in the data
    /// or made by a step of a pipeline. Each draw cuts the rows of a task at another point of time: the support is the last
    /// rows before the cut, whatever their classes, and the query is the rows after it. Rows of the same time keep the order
    /// of the data.
    /// </value>
    public string? TimeColumnName { get; set; }

    /// <summary>Whether the rows of the data are in the order of time: as <see cref="TimeColumnName"/>, without a column.</summary>
    /// <value>Default false. Not together with <see cref="TimeColumnName"/>.</value>
    public bool IsInTimeOrder { get; set; }

    /// <summary>What strategies are compared by.</summary>
    /// <value>Null (default): accuracy, micro-accuracy or RMSE, by the kind of label.</value>
    public TaskMetric? Metric { get; set; }

    /// <summary>Seed of the draws.</summary>
    /// <value>Null (default): that of the MLContext, or 0 where there is none.</value>
    public int? Seed { get; set; }

    internal RowOrder Order => new(TimeColumnName, IsInTimeOrder);

    internal TaskMetric MetricFor(LabelKind kind) => Metric ?? kind.Metrics()[0];

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
    }
}
