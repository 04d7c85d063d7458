using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>A cursor that reads and scores rows in blocks. There are two blocks: one is scored while the consumer reads the other.</summary>
/// <remarks>
/// Only the consumer's thread reads the input. The first blocks are small, so that few rows are read for a consumer that stops
/// early. If reading a row ahead throws, the exception is thrown again when the consumer reaches this row.
/// </remarks>
internal sealed class TaskRowCursor : RootCursorBase
{
    private const int FirstBlockSize = 8;
    private const int MinimumBackgroundRows = 64; // fewer rows are scored in less time than a thread needs to start

    private readonly DataViewRowCursor _input;
    private readonly Func<DataViewSchema.Column, (bool IsInput, int Index)> _map;
    private readonly TaskRowBlock[] _blocks;
    private readonly HashSet<int> _active;
    private readonly bool _inBackground;
    private int _blockIndex;
    private int _blockSize = FirstBlockSize;
    private bool _hasMore = true;
    private bool _isDisposed;

    public TaskRowCursor(
        IChannelProvider provider, DataViewRowCursor input, DataViewSchema schema, IEnumerable<DataViewSchema.Column> active,
        Func<DataViewSchema.Column, (bool IsInput, int Index)> map, TaskRowBlock first, TaskRowBlock second, bool inBackground)
        : base(provider)
    {
        _input = input;
        Schema = schema;
        _active = [.. active.Select(column => column.Index)];
        _map = map;
        _blocks = [first, second];
        _inBackground = inBackground;
    }

    public override DataViewSchema Schema { get; }

    public override long Batch => Position >= 0 ? Block.Batch : -1;

    private TaskRowBlock Block => _blocks[_blockIndex];

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Ch.Check(IsColumnActive(column), "requested column not active.");
        var (isInput, index) = _map(column);
        Delegate[] getters = Array.ConvertAll(_blocks, block => block.Getter(isInput, index));
        if (getters is not [ValueGetter<TValue> first, ValueGetter<TValue> second])
            throw Ch.Except($"Invalid TValue: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
        return (ref TValue value) =>
        {
            Ch.Check(Position >= 0, RowCursorUtils.FetchValueStateError);
            (_blockIndex == 0 ? first : second)(ref value);
        };
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) =>
    {
        Ch.Check(Position >= 0, RowCursorUtils.FetchValueStateError);
        value = Block.Id;
    };

    protected override bool MoveNextCore()
    {
        if (++Block.RowIndex < Block.Count)
            return true;
        Block.ThrowIfFailed();
        if (Position < 0)
            Start(_blocks[1 - _blockIndex]); // the first block; each later block is started one block earlier
        Start(Block);
        _blockIndex = 1 - _blockIndex;
        Block.Wait();
        if (Block.Count == 0)
            Block.ThrowIfFailed();
        return Block.Count > 0;
    }

    private void Start(TaskRowBlock block)
    {
        if (_hasMore)
            _hasMore = block.Read(_blockSize);
        else
            block.Clear();
        if (block.Count > 0)
            block.Score(_inBackground && block.Count >= MinimumBackgroundRows);
        _blockSize = Math.Min(2 * _blockSize, block.MaximumCount);
    }

    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
            return;
        if (disposing)
        {
            foreach (TaskRowBlock block in _blocks)
                block.Wait();
            _input.Dispose();
        }

        _isDisposed = true;
        base.Dispose(disposing);
    }
}
