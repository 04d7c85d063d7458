namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Reads the input columns of a cursor's rows, of a block or of the current row, and computes the output columns of all of them together. Belongs to one cursor.</summary>
internal abstract class RowReader
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>The number of rows that are scored together most efficiently.</summary>
    public abstract int BlockSize { get; }

    /// <summary>Removes all rows.</summary>
    public abstract void Clear();

    /// <summary>Adds the current row of the cursor.</summary>
    public abstract void Add();

    /// <summary>Computes all outputs of the rows.</summary>
    public abstract void Compute();
}
