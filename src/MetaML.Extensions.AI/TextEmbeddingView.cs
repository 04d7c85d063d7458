using MetaML.Extensions.AI.Texts;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.AI;

/// <summary>A data view with embeddings of a text column. Its cursors read texts ahead and embed many at a time.</summary>
/// <remarks>It has one cursor at a time for each reader, because several parallel cursors over parts of the rows could not read ahead.</remarks>
internal sealed class TextEmbeddingView : RowToRowTransformBase, IRowToRowMapper
{
    private readonly RowToRowMapperTransform _rows; // embeds row by row
    private readonly TextEmbeddingTransformer _transformer;
    private readonly ColumnBindings _bindings;

    public TextEmbeddingView(IHostEnvironment env, RowToRowMapperTransform rows, DataViewSchema.DetachedColumn[] outputs, TextEmbeddingTransformer transformer)
        : base(env, nameof(TextEmbeddingView), rows.Source)
    {
        _rows = rows;
        _transformer = transformer;
        _bindings = new ColumnBindings(rows.Source.Schema, outputs);
    }

    public override DataViewSchema OutputSchema => _rows.OutputSchema;

    DataViewSchema IRowToRowMapper.InputSchema => Source.Schema;

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursorCore(columnsNeeded, rand)];

    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        DataViewSchema.Column[] inputs = [.. ((IRowToRowMapper)_rows).GetDependencies(needed)];
        if (needed.All(column => Map(column).IsInput))
            return _rows.GetRowCursorSet(needed, 1, rand)[0];
        if (rand is null || !CanShuffle)
            return new Cursor(this, Source.GetRowCursor(inputs), Source, needed);
        EmbedAll(); // texts of shuffled rows cannot be read ahead
        return new Cursor(this, Source.GetRowCursor(inputs, rand), null, needed);
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => ((IRowToRowMapper)_rows).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => ((IRowToRowMapper)_rows).GetRow(input, activeColumns);

    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate) => false;

    protected override void SaveModel(ModelSaveContext ctx) => ((ICanSaveModel)_rows).Save(ctx);

    private (bool IsInput, int Index) Map(DataViewSchema.Column column)
    {
        int index = _bindings.MapColumnIndex(out bool isInput, column.Index);
        return (isInput, index);
    }

    private void EmbedAll()
    {
        using DataViewRowCursor cursor = Source.GetRowCursor(Source.Schema[_transformer.InputColumnName]);
        using TextBlock block = _transformer.CreateBlock(cursor, Source);
        ValueGetter<VBuffer<float>> get = block.Getter(_transformer.EmbeddingDimension);
        VBuffer<float> embedding = default;
        while (cursor.MoveNext())
            get(ref embedding);
    }

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly TextEmbeddingView _view;
        private readonly DataViewRowCursor _input;
        private readonly HashSet<int> _active;
        private readonly TextBlock _block;
        private readonly ValueGetter<VBuffer<float>> _getEmbedding;

        public Cursor(TextEmbeddingView view, DataViewRowCursor input, IDataView? ahead, DataViewSchema.Column[] needed)
        {
            _view = view;
            _input = input;
            _active = [.. needed.Select(column => column.Index)];
            _block = view._transformer.CreateBlock(input, ahead);
            _getEmbedding = _block.Getter(view._transformer.EmbeddingDimension);
        }

        public override DataViewSchema Schema => _view.OutputSchema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' must be one of those that the cursor was created for.");
            var (isInput, index) = _view.Map(column);
            return isInput ? _input.GetGetter<TValue>(_input.Schema[index])
                : _getEmbedding as ValueGetter<TValue> ?? throw new InvalidOperationException($"Column '{column.Name}' must be read as VBuffer<Single>; got {typeof(TValue).Name}.");
        }

        public override bool MoveNext() => _input.MoveNext();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _block.Dispose();
                _input.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
