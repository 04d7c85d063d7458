namespace MetaML.Tool.Reading;

/// <summary>Reads the rows of a table one after the other, each cell as text.</summary>
internal abstract class RowReader : IDisposable
{
    /// <summary>The names of the columns, all different and not empty.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The place of the current row in the file, for messages: "line 3".</summary>
    public abstract string Place { get; }

    /// <summary>A cell of the current row, without its quotes and without white space around it. Valid until the next row is read.</summary>
    /// <param name="column">The number of the column.</param>
    public abstract ReadOnlySpan<char> this[int column] { get; }

    /// <summary>Moves to the next row.</summary>
    /// <returns>False after the last row.</returns>
    /// <exception cref="ToolException">The file is damaged, or the row has another number of cells than the header.</exception>
    public abstract bool Read();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
