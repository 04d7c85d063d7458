using MetaML.Heads;

namespace MetaML.Statistics;

/// <summary>What a task keeps of its rows, so that its head can be fitted again when rows are added or taken away: rows, or sums over rows. Immutable.</summary>
internal abstract class TaskStatistics
{
    /// <summary>Number of rows that were added and not taken away.</summary>
    public abstract int RowCount { get; }

    /// <summary>Whether rows count less than when they were added.</summary>
    public abstract bool IsDecayed { get; }

    /// <summary>The statistics of a task without rows.</summary>
    public static TaskStatistics Empty(StatisticsForm form) => new RowStatistics(form);

    /// <summary>The statistics of embedded rows.</summary>
    /// <param name="form">A form for embeddings.</param>
    /// <param name="rows">The rows.</param>
    public static TaskStatistics Of(StatisticsForm form, EmbeddedTask rows)
    {
        if (form.IsSummable && rows.RowCount > form.Capacity)
            return new MomentStatistics(form, TaskMoments.Of(form.Kind, rows, form.HasProducts), isDecayed: false);
        return Empty(form).Add([.. Enumerable.Range(0, rows.RowCount).Select(row => new StoredRow(rows.Row(row).ToArray(), null, rows.Labels[row], rows.Weights[row]))], form.TargetsOf(rows.OutputCount));
    }

    /// <summary>The statistics with more rows.</summary>
    /// <param name="rows">The rows, in their order.</param>
    /// <param name="targets">Number of classes of the task, binary labels included; 1 for values.</param>
    /// <param name="forgettingFactor">γ: before each row is added, all weights are multiplied by γ.</param>
    public abstract TaskStatistics Add(IReadOnlyList<StoredRow> rows, int targets, double forgettingFactor = 1);

    /// <summary>The statistics without some rows.</summary>
    /// <param name="rows">Rows that were added.</param>
    /// <param name="task">The name of the task, for messages.</param>
    /// <exception cref="InvalidOperationException">A row was not added, as far as this can be known.</exception>
    public abstract TaskStatistics Forget(IReadOnlyList<StoredRow> rows, string task);

    /// <summary>The statistics in which all rows but some count less.</summary>
    /// <param name="factor">The factor of their weights.</param>
    /// <param name="except">Rows that were added and keep their weights.</param>
    public abstract TaskStatistics Discount(double factor, IReadOnlyList<StoredRow> except);

    /// <summary>The statistics of the same rows if the task's classes have other indices.</summary>
    /// <param name="sources">For each new index the old index, or −1 for a class without rows.</param>
    public abstract TaskStatistics WithClasses(IReadOnlyList<int> sources);

    /// <summary>Number of rows of each class; for values, of all rows.</summary>
    /// <param name="targets">Number of classes; 1 for values.</param>
    public abstract int[] RowsByTarget(int targets);

    /// <summary>Writes the statistics.</summary>
    public abstract void Write(BinaryWriter writer);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="reader">A reader at the start of the statistics.</param>
    /// <param name="form">The form of the model.</param>
    /// <param name="outputs">Number of outputs of the task.</param>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static TaskStatistics Read(BinaryReader reader, StatisticsForm form, int outputs) => reader.ReadByte() switch
    {
        RowStatistics.Tag => RowStatistics.ReadRows(reader, form, form.TargetsOf(outputs)),
        MomentStatistics.Tag when form.IsSummable => MomentStatistics.ReadMoments(reader, form, form.TargetsOf(outputs)),
        byte tag => throw new InvalidDataException($"A task's statistics must be of a form that the adapter uses; got {tag}. The file is damaged."),
    };

    /// <summary>The error of rows that cannot be taken away.</summary>
    public static InvalidOperationException NeverAdded(string task, string reason) =>
        new($"Forget must get rows that were added to the task '{task}'; {reason}. The model has not changed. Give the rows with the features, labels and example weights with which they were added.");
}
