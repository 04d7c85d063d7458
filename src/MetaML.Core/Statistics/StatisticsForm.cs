namespace MetaML.Statistics;

/// <summary>The form in which the tasks of a model keep their rows.</summary>
/// <param name="Kind">The kind of label.</param>
/// <param name="Dimension">Number of values of a row: an embedding, or the features if the adapter changes the encoder.</param>
/// <param name="IsSummable">Whether the head is a function of <see cref="TaskMoments"/>. If not, rows are kept in a buffer.</param>
/// <param name="HasProducts">Whether the moments include those of second order.</param>
/// <param name="BufferRows">The size of the buffer.</param>
internal sealed record StatisticsForm(LabelKind Kind, int Dimension, bool IsSummable, bool HasProducts, int BufferRows)
{
    /// <summary>The largest number of rows that a task keeps as rows. Up to this number they need less memory than moments.</summary>
    public int Capacity => IsSummable ? Dimension : BufferRows;

    /// <summary>Number of sums for a task with this number of outputs: one for each class, or one for values.</summary>
    public int TargetsOf(int outputs) => Kind switch
    {
        LabelKind.Binary => 2,
        LabelKind.Multiclass => outputs,
        _ => 1,
    };
}
