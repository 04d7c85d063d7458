using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Some rows of a cursor, read ahead: the columns that are passed on, and the outputs that are made of them.</summary>
internal sealed class TaskRowBlock
{
    private readonly DataViewRowCursor _input;
    private readonly TaskRowReader _rows;
    private readonly TaskRowScorer[] _scorers;
    private readonly ColumnBuffer[] _kept;
    private readonly Dictionary<int, Delegate> _keptGetters = [];
    private readonly Delegate[] _outputGetters;
    private readonly ValueGetter<DataViewRowId> _getId;
    private (DataViewRowId Id, long Batch)[] _places = [];
    private ExceptionDispatchInfo? _error;
    private int _reading; // the row whose values the reader is given
    private Task? _scoring;

    /// <param name="mapper">Makes the outputs.</param>
    /// <param name="input">The cursor.</param>
    /// <param name="kept">Input columns that are passed on.</param>
    /// <param name="outputs">Output columns that are made; at least one.</param>
    public TaskRowBlock(ITaskRowMapper mapper, DataViewRowCursor input, int[] kept, int[] outputs)
    {
        _input = input;
        _getId = input.GetIdGetter();
        var buffers = kept.ToDictionary(index => index, index => ColumnBuffer.Of(input, input.Schema[index]));
        _kept = [.. buffers.Values];
        _rows = mapper.CreateReader(new KeptRow(this, buffers), isBlock: true);
        (_outputGetters, _scorers) = mapper.CreateGetters(_rows, outputs.Contains);
        foreach (var (index, buffer) in buffers)
            _keptGetters[index] = buffer.Getter(() => _rows.At);
    }

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The most rows that are worth reading at once.</summary>
    public int MaximumCount => _rows.BlockSize;

    /// <summary>The row that getters give the values of.</summary>
    public int At
    {
        get => _rows.At;
        set => _rows.At = value;
    }

    /// <summary>The batch of the row.</summary>
    public long Batch => _places[At].Batch;

    /// <summary>The identity of the row.</summary>
    public DataViewRowId Id => _places[At].Id;

    /// <summary>The getter of an input column that is passed on, or of an output column.</summary>
    public Delegate Getter(bool isInput, int index) => isInput ? _keptGetters[index] : _outputGetters[index];

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        _rows.Clear();
        _rows.At = 0;
        _error = null;
    }

    /// <summary>Reads the next rows, fewer where the cursor ends or fails.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Whether there may be more.</returns>
    public bool Read(int count)
    {
        Clear();
        if (_places.Length < count)
            _places = new (DataViewRowId, long)[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                if (!_input.MoveNext())
                    return false;
                foreach (ColumnBuffer buffer in _kept)
                    buffer.Read(i);
                _getId(ref _places[i].Id);
                _places[i].Batch = _input.Batch;
                _reading = i;
                _rows.Add();
            }

            return true;
        }
        catch (Exception error) // for the consumer, where it comes to the row that has it
        {
            _error = ExceptionDispatchInfo.Capture(error);
            return false;
        }
    }

    /// <summary>Begins to score the rows.</summary>
    /// <param name="inBackground">Whether others may be read meanwhile.</param>
    public void Score(bool inBackground)
    {
        if (inBackground)
            _scoring = Task.Run(Score);
        else
            Score();
    }

    /// <summary>Waits until the rows are scored.</summary>
    public void Wait()
    {
        _scoring?.GetAwaiter().GetResult();
        _scoring = null;
    }

    /// <summary>Throws what reading the row after the last one threw.</summary>
    public void ThrowIfFailed() => _error?.Throw();

    private void Score()
    {
        foreach (TaskRowScorer scorer in _scorers)
            scorer.Update();
    }

    // The input with the columns that are passed on as they were kept: no value is made twice.
    private sealed class KeptRow(TaskRowBlock block, Dictionary<int, ColumnBuffer> kept) : DataViewRow
    {
        public override DataViewSchema Schema => block._input.Schema;

        public override long Position => block._input.Position;

        public override long Batch => block._input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => block._getId;

        public override bool IsColumnActive(DataViewSchema.Column column) => block._input.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => kept.TryGetValue(column.Index, out ColumnBuffer? buffer)
            ? (ValueGetter<TValue>)buffer.Getter(() => block._reading)
            : block._input.GetGetter<TValue>(column);
    }
}
