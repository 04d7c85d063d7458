using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Rows as a cursor passes over them, a block of them or the one that it stands at: read once and embedded once, however many outputs are computed of them. For one cursor.</summary>
internal sealed class TaskRowReader
{
    private readonly DataViewRow _row;
    private readonly MetaScorer _scorer;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly Func<string?> _getTask;
    private readonly TaskRowBlock? _block;
    private readonly List<TaskRowOutput> _outputs = [];

    private VBuffer<float> _features;
    private string?[] _tasks = new string?[1];
    private int[] _finiteIndices = new int[1]; // the row's number among the finite rows, which are those that the scorer has; −1 for the others
    private int _finiteCount;
    private bool _isEmbedded;
    private long _position = -1;

    /// <param name="model">What embeds the rows.</param>
    /// <param name="row">The row, cursor or block.</param>
    /// <param name="columns">What is read.</param>
    public TaskRowReader(MetaModel model, DataViewRow row, ColumnNames columns)
    {
        _row = row;
        _block = row as TaskRowBlock;
        TaskColumn = columns.Task;
        _scorer = model.CreateScorer();
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _getTask = TaskNames.Getter(row, columns.Task);
    }

    /// <summary>The columns of the input.</summary>
    public DataViewSchema Schema => _row.Schema;

    /// <summary>The Task column, or null.</summary>
    public string? TaskColumn { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>How many rows are best scored together.</summary>
    public int BlockSize => _scorer.BlockSize;

    /// <summary>The number of the row that getters give the values of. Without a block it is the row that the cursor stands at: read and computed here when first asked for.</summary>
    public int Current
    {
        get
        {
            if (_block is not null)
                return _block.RowIndex;
            if (_position != _row.Position)
            {
                Clear();
                Add();
                Compute();
                _position = _row.Position;
            }

            return 0;
        }
    }

    /// <summary>Adds an output, which is computed with the rows.</summary>
    public T Add<T>(T output)
        where T : TaskRowOutput
    {
        _outputs.Add(output);
        return output;
    }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Count = _finiteCount = 0;
        _isEmbedded = false;
        _scorer.Clear();
    }

    /// <summary>Adds the row that the cursor stands at.</summary>
    public void Add()
    {
        if (Count == _tasks.Length)
        {
            Array.Resize(ref _tasks, 2 * Count);
            Array.Resize(ref _finiteIndices, 2 * Count);
        }

        _tasks[Count] = _getTask();
        _getFeatures(ref _features);
        FeatureRow features = _features.ToFeatureRow();
        _finiteIndices[Count++] = features.IsFinite ? _finiteCount++ : -1;
        if (features.IsFinite)
            _scorer.Add(features);
    }

    /// <summary>Computes all outputs of the rows.</summary>
    public void Compute()
    {
        foreach (TaskRowOutput output in _outputs)
            output.Compute();
    }

    /// <summary>The row's task; null where the key is missing.</summary>
    public string? Task(int row) => _tasks[row];

    /// <summary>Whether the row has an embedding: no feature is NaN or infinite.</summary>
    public bool IsFinite(int row) => _finiteIndices[row] >= 0;

    /// <summary>Embeds all finite rows by the shared encoder, unless that is done.</summary>
    public void EmbedAll()
    {
        if (!_isEmbedded && _finiteCount > 0)
            _scorer.EmbedAll();
        _isEmbedded = true;
    }

    /// <summary>What <see cref="EmbedAll"/> made of a finite row; valid until rows are removed.</summary>
    public ReadOnlySpan<float> Embedding(int row) => _scorer.Embedding(_finiteIndices[row]);

    /// <summary>The embedding of a finite row, by the task's own encoder where it has one; valid until the next call.</summary>
    public ReadOnlySpan<float> Embed(int row, AdaptedTask task)
    {
        if (task.EncoderParameters is { } parameters)
            return _scorer.EmbedOne(_finiteIndices[row], parameters);
        EmbedAll();
        return Embedding(row);
    }
}
