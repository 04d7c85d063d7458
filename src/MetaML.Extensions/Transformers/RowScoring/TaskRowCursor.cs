using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Passes over rows that are read and scored a block at a time: while the consumer has one block, the other is filled.</summary>
/// <remarks>
/// Only the consumer's thread touches the input. The first block is small, so that little is read for a consumer that stops
/// early. An error of a row that is read ahead is thrown when the consumer comes to it.
/// </remarks>
internal sealed class TaskRowCursor : RootCursorBase
{
    private const int FirstBlockSize = 8;
    private const int MinimumBackgroundRows = 64; // fewer rows of a small network are scored before another thread has begun

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
            Begin(_blocks[1 - _blockIndex]); // the first one; else it has begun while this one was passed over
        Begin(Block);
        _blockIndex = 1 - _blockIndex;
        Block.Wait();
        if (Block.Count == 0)
            Block.ThrowIfFailed();
        return Block.Count > 0;
    }

    private void Begin(TaskRowBlock block)
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
