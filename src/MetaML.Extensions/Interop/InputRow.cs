using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>A row whose columns are the members of an object, as in a prediction engine.</summary>
/// <typeparam name="TRow">The type of the object.</typeparam>
internal sealed class InputRow<TRow>
    where TRow : class
{
    private readonly DataViewConstructionUtils.InputRow<TRow> _row;

    /// <param name="env">The environment.</param>
    /// <param name="definition">The columns; null for those that attributes define.</param>
    public InputRow(IHostEnvironment env, SchemaDefinition? definition) => _row = DataViewConstructionUtils.CreateInputRow<TRow>(env, definition);

    /// <summary>The row.</summary>
    public DataViewRow Row => _row;

    /// <summary>Makes the members of an object the values of the row.</summary>
    public void Set(TRow value) => _row.ExtractValues(value);
}
