namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Computes output columns for the rows of a reader. Belongs to one cursor.</summary>
internal abstract class TaskRowOutput
{
    /// <summary>The getter of an output column. It returns the value of the row <see cref="TaskRowReader.Current"/>.</summary>
    /// <param name="column">The column's name, without the name of an output in front.</param>
    public abstract Delegate Getter(string column);

    /// <summary>Computes the values of all rows of the reader.</summary>
    public abstract void Compute();
}
