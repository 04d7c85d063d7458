using MetaML.Extensions.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions;

/// <summary>Output columns that are all made of a row's features and task.</summary>
internal abstract class TaskRowMapper(IHost host, DataViewSchema inputSchema, RowToRowTransformerBase parent, ColumnNames columns)
    : RowToRowTransformerBase.MapperBase(host, inputSchema, parent)
{
    /// <summary>A getter for each active output column, null for the others. No two cursors share anything that changes.</summary>
    /// <param name="input">The row or cursor.</param>
    /// <param name="activeOutput">At least one is.</param>
    protected abstract Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput);

    public sealed override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        return IsAnyActive(activeOutput) ? CreateGetters(input, activeOutput) : new Delegate[OutputColumns.Value.Length]; // the input's columns may not be active either
    }

    protected sealed override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
        CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

    protected sealed override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
    {
        if (!IsAnyActive(activeOutput))
            return _ => false;
        int features = InputSchema[columns.Features].Index;
        int task = columns.Task is { } name ? InputSchema[name].Index : -1;
        return column => column == features || column == task;
    }

    private bool IsAnyActive(Func<int, bool> activeOutput) => Enumerable.Range(0, OutputColumns.Value.Length).Any(activeOutput);
}
