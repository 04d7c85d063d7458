using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Rows as a cursor passes over them, a block of them or the one that it stands at: read once and embedded once, however many outputs are scored on them. For one cursor.</summary>
internal sealed class TaskRowReader
{
    private readonly DataViewRow _row;
    private readonly MetaScorer _scorer;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly Func<string?> _getTask;
    private readonly bool _isBlock;

    private VBuffer<float> _features;
    private string?[] _tasks = new string?[1];
    private int[] _places = new int[1]; // among the rows that can be scored; −1 for the others
    private int _scorable;
    private bool _isEmbedded;
    private long _position = -1;

    /// <param name="model">What embeds the rows.</param>
    /// <param name="row">The row or cursor.</param>
    /// <param name="columns">What is read.</param>
    /// <param name="isBlock">Whether rows are added by the caller; else there is one, that at which the cursor stands.</param>
    public TaskRowReader(MetaModel model, DataViewRow row, ColumnNames columns, bool isBlock = false)
    {
        _row = row;
        _isBlock = isBlock;
        TaskColumn = columns.Task;
        _scorer = model.CreateScorer();
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _getTask = TaskNames.Getter(row, columns.Task);
    }

    /// <summary>The Task column, or null.</summary>
    public string? TaskColumn { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The row that outputs are asked for.</summary>
    public int At { get; set; }

    /// <summary>Changes with the rows.</summary>
    public long Version { get; private set; }

    /// <summary>How many rows are best scored together.</summary>
    public int BlockSize => _scorer.BlockSize;

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Count = _scorable = 0;
        _isEmbedded = false;
        _scorer.Clear();
        Version++;
    }

    /// <summary>Adds the row that the cursor stands at.</summary>
    public void Add()
    {
        if (Count == _tasks.Length)
        {
            Array.Resize(ref _tasks, 2 * Count);
            Array.Resize(ref _places, 2 * Count);
        }

        _tasks[Count] = _getTask();
        _getFeatures(ref _features);
        FeatureRow features = _features.ToFeatureRow();
        _places[Count++] = features.IsFinite ? _scorable++ : -1;
        if (features.IsFinite)
            _scorer.Add(features);
    }

    /// <summary>Reads the row that the cursor stands at, unless that is done, or rows are added by the caller.</summary>
    public void Update()
    {
        if (_isBlock || _position == _row.Position)
            return;
        Clear();
        Add();
        _position = _row.Position;
    }

    /// <summary>The row's task; null where the key is missing.</summary>
    public string? Task(int row) => _tasks[row];

    /// <summary>Whether the row can be scored: no feature is NaN or infinite.</summary>
    public bool IsFinite(int row) => _places[row] >= 0;

    /// <summary>The embedding of a row that can be scored, by the task's own encoder where it has one; valid until the next call.</summary>
    public ReadOnlySpan<float> Embed(int row, AdaptedTask task)
    {
        if (task.EncoderParameters is { } own)
            return _scorer.EmbedOne(_places[row], own);
        if (!_isEmbedded)
            _scorer.EmbedAll();
        _isEmbedded = true;
        return _scorer.Embedding(_places[row]);
    }
}
