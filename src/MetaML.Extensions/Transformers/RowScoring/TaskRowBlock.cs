using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>A block of rows that are read ahead of the consumer. It contains the input columns that are passed on and computes the output columns. As a <see cref="DataViewRow"/> it is its row at <see cref="RowIndex"/>.</summary>
internal sealed class TaskRowBlock : DataViewRow
{
    private readonly DataViewRowCursor _input;
    private readonly RowReader _rows;
    private readonly Dictionary<int, ColumnBuffer> _buffers; // by the index of the input column
    private readonly Delegate[] _outputGetters;
    private readonly ValueGetter<DataViewRowId> _getId;
    private (DataViewRowId Id, long Batch, long Position)[] _ids = [];
    private ExceptionDispatchInfo? _error;
    private Task? _scoring;

    /// <param name="transformer">Computes the output columns.</param>
    /// <param name="input">The cursor.</param>
    /// <param name="inputs">Indices of the input columns that are passed on.</param>
    /// <param name="outputs">Indices of the output columns that are computed; at least one.</param>
    public TaskRowBlock(RowBlockTransformer transformer, DataViewRowCursor input, int[] inputs, int[] outputs)
    {
        _input = input;
        _getId = input.GetIdGetter();
        _buffers = inputs.ToDictionary(index => index, index => ColumnBuffer.Of(input, input.Schema[index], () => RowIndex));
        (_rows, _outputGetters) = transformer.CreateReader(this, outputs.Contains);
    }

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The largest useful number of rows of a block.</summary>
    public int MaximumCount => _rows.BlockSize;

    /// <summary>The index of the current row: the row that is read, and afterwards the row whose values the getters return.</summary>
    public int RowIndex { get; set; }

    public override DataViewSchema Schema => _input.Schema;

    public override long Position => _ids[RowIndex].Position;

    public override long Batch => _ids[RowIndex].Batch;

    /// <summary>The identity of the row.</summary>
    public DataViewRowId Id => _ids[RowIndex].Id;

    public override bool IsColumnActive(DataViewSchema.Column column) => _input.IsColumnActive(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = Id;

    /// <summary>The getter of an input column. If the column is passed on, it returns the block's copy, so that no value is computed twice. Otherwise it is the cursor's getter, which is valid only while rows are read.</summary>
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

    /// <summary>Reads the next rows. It reads fewer if the cursor ends or throws.</summary>
    /// <param name="count">The number of rows to read.</param>
    /// <returns>Whether more rows may follow.</returns>
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
        catch (Exception error) // is thrown when the consumer reaches the row that failed
        {
            _error = ExceptionDispatchInfo.Capture(error);
            return false;
        }
        finally
        {
            RowIndex = 0;
        }
    }

    /// <summary>Starts to compute the output columns of the rows.</summary>
    /// <param name="inBackground">Whether to compute on another thread while the next block is read.</param>
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

    /// <summary>Throws the exception that ended the reading of rows, if there is one.</summary>
    public void ThrowIfFailed() => _error?.Throw();
}
