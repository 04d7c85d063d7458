using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Some rows of a cursor, read ahead: the columns that are passed on, and the outputs that are computed of them. As a <see cref="DataViewRow"/> it is the one of its rows at <see cref="RowIndex"/>.</summary>
internal sealed class TaskRowBlock : DataViewRow
{
    private readonly DataViewRowCursor _input;
    private readonly TaskRowReader _rows;
    private readonly Dictionary<int, ColumnBuffer> _buffers; // by the input column's number
    private readonly Delegate[] _outputGetters;
    private readonly ValueGetter<DataViewRowId> _getId;
    private (DataViewRowId Id, long Batch, long Position)[] _ids = [];
    private ExceptionDispatchInfo? _error;
    private Task? _scoring;

    /// <param name="transformer">Makes the outputs.</param>
    /// <param name="input">The cursor.</param>
    /// <param name="inputs">Input columns that are passed on.</param>
    /// <param name="outputs">Output columns that are made; at least one.</param>
    public TaskRowBlock(TaskRowTransformer transformer, DataViewRowCursor input, int[] inputs, int[] outputs)
    {
        _input = input;
        _getId = input.GetIdGetter();
        _buffers = inputs.ToDictionary(index => index, index => ColumnBuffer.Of(input, input.Schema[index], () => RowIndex));
        _rows = transformer.CreateReader(this);
        _outputGetters = transformer.CreateGetters(_rows, outputs.Contains);
    }

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The most rows that are worth reading at once.</summary>
    public int MaximumCount => _rows.BlockSize;

    /// <summary>While rows are read, the number of the row that is read; afterwards, of the row that getters give the values of.</summary>
    public int RowIndex { get; set; }

    public override DataViewSchema Schema => _input.Schema;

    public override long Position => _ids[RowIndex].Position;

    public override long Batch => _ids[RowIndex].Batch;

    /// <summary>The identity of the row.</summary>
    public DataViewRowId Id => _ids[RowIndex].Id;

    public override bool IsColumnActive(DataViewSchema.Column column) => _input.IsColumnActive(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = Id;

    /// <summary>The getter of an input column: of the block's copy where the column is passed on, so that no value is computed twice; else the cursor's, which is valid while rows are read.</summary>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        _buffers.TryGetValue(column.Index, out ColumnBuffer? buffer) ? (ValueGetter<TValue>)buffer.Getter : _input.GetGetter<TValue>(column);

    /// <summary>The getter of an input column that is passed on, or of an output column.</summary>
    public Delegate Getter(bool isInput, int index) => isInput ? _buffers[index].Getter : _outputGetters[index];

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        _rows.Clear();
        RowIndex = 0;
        _error = null;
    }

    /// <summary>Reads the next rows, fewer where the cursor ends or fails.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Whether there may be more.</returns>
    public bool Read(int count)
    {
        Clear();
        if (_ids.Length < count)
            _ids = new (DataViewRowId, long, long)[count];
        try
        {
            for (; RowIndex < count; RowIndex++)
            {
                if (!_input.MoveNext())
                    return false;
                foreach (ColumnBuffer buffer in _buffers.Values)
                    buffer.Read();
                ref var row = ref _ids[RowIndex];
                _getId(ref row.Id);
                (row.Batch, row.Position) = (_input.Batch, _input.Position);
                _rows.Add();
            }

            return true;
        }
        catch (Exception error) // for the consumer, where it comes to the row that has it
        {
            _error = ExceptionDispatchInfo.Capture(error);
            return false;
        }
        finally
        {
            RowIndex = 0;
        }
    }

    /// <summary>Begins to compute the outputs of the rows.</summary>
    /// <param name="inBackground">Whether others may be read meanwhile.</param>
    public void Score(bool inBackground)
    {
        if (inBackground)
            _scoring = Task.Run(_rows.Compute);
        else
            _rows.Compute();
    }

    /// <summary>Waits until the rows are scored.</summary>
    public void Wait()
    {
        _scoring?.GetAwaiter().GetResult();
        _scoring = null;
    }

    /// <summary>Throws what reading the row after the last one threw.</summary>
    public void ThrowIfFailed() => _error?.Throw();
}
