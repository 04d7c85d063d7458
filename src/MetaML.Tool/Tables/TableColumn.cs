using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>One column in memory.</summary>
internal abstract class TableColumn(string name, DataViewType type)
{
    public string Name => name;

    public DataViewType Type => type;

    /// <summary>Annotations of the column; null for none.</summary>
    public DataViewSchema.Annotations? Annotations { get; init; }

    /// <summary>A getter of the value of the current row.</summary>
    /// <param name="row">Gives the number of the current row.</param>
    public abstract Delegate Getter(Func<int> row);
}
