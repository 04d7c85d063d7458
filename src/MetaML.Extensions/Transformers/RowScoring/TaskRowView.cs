using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>A data view with the output columns of a transformer. Its cursors score rows in blocks.</summary>
/// <remarks>
/// If several cursors can read the input at once, this view has as many, like the views of ML.NET's own transformers. Otherwise
/// one cursor reads rows while the rows before are scored on another thread.
/// </remarks>
internal sealed class TaskRowView : RowToRowTransformBase, IRowToRowMapper, ITransformCanSaveOnnx
{
    private readonly RowToRowMapperTransform _rows; // scores row by row, for columns that cannot be read ahead
    private readonly RowBlockTransformer _transformer;
    private readonly ColumnBindings _bindings;

    public TaskRowView(IHostEnvironment env, RowToRowMapperTransform rows, DataViewSchema.DetachedColumn[] outputs, RowBlockTransformer transformer)
        : base(env, nameof(TaskRowView), rows.Source)
    {
        _rows = rows;
        _transformer = transformer;
        _bindings = new ColumnBindings(rows.Source.Schema, outputs);
    }

    public override DataViewSchema OutputSchema => _rows.OutputSchema;

    DataViewSchema IRowToRowMapper.InputSchema => Source.Schema;

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        if (!CanReadAhead(needed))
            return _rows.GetRowCursorSet(needed, n, rand);
        DataViewRowCursor[] inputs = Source.GetRowCursorSet(InputColumns(needed), n, rand);
        return Array.ConvertAll(inputs, input => Create(input, needed, inBackground: inputs.Length == 1));
    }

    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return CanReadAhead(needed) ? Create(Source.GetRowCursor(InputColumns(needed), rand), needed, inBackground: true) : _rows.GetRowCursorSet(needed, 1, rand)[0];
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => ((IRowToRowMapper)_rows).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => ((IRowToRowMapper)_rows).GetRow(input, activeColumns);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => ((ICanSaveOnnx)_rows).CanSaveOnnx(ctx);

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => ((ISaveAsOnnx)_rows).SaveAsOnnx(ctx);

    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate) => null; // leaves the decision to the input

    protected override void SaveModel(ModelSaveContext ctx) => ((ICanSaveModel)_rows).Save(ctx);

    // Reading ahead copies the values, which is possible only for some types. It is useless if no output column is needed.
    private bool CanReadAhead(DataViewSchema.Column[] needed) => DataViewUtils.AllCacheable(needed) && needed.Any(column => !Map(column).IsInput);

    private (bool IsInput, int Index) Map(DataViewSchema.Column column)
    {
        int index = _bindings.MapColumnIndex(out bool isInput, column.Index);
        return (isInput, index);
    }

    private IEnumerable<DataViewSchema.Column> InputColumns(DataViewSchema.Column[] needed) => ((IRowToRowMapper)_rows).GetDependencies(needed);

    private TaskRowCursor Create(DataViewRowCursor input, DataViewSchema.Column[] needed, bool inBackground)
    {
        ILookup<bool, int> columns = needed.Select(Map).Distinct().ToLookup(column => column.IsInput, column => column.Index);
        TaskRowBlock Block() => new(_transformer, input, [.. columns[true]], [.. columns[false]]);
        return new TaskRowCursor(Host, input, OutputSchema, needed, Map, Block(), Block(), inBackground);
    }
}
