namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Computes output columns of the rows that a reader holds. For one cursor.</summary>
internal abstract class TaskRowOutput
{
    /// <summary>The getter of an output column: of the row that <see cref="TaskRowReader.Current"/> says.</summary>
    /// <param name="column">The column's name, as the output itself knows it.</param>
    public abstract Delegate Getter(string column);

    /// <summary>Computes the values of all rows of the reader.</summary>
    public abstract void Compute();
}
