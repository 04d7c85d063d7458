using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Models;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Reads the features and tasks of a cursor's rows: of a block, or of the current row. All outputs share it, so that each row is read once and embedded once. Belongs to one cursor.</summary>
internal sealed class TaskRowReader : RowReader
{
    private readonly DataViewRow _row;
    private readonly MetaScorer _scorer;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly Func<string?> _getTask;
    private readonly TaskFeatureReader? _getTaskFeatures;
    private readonly ValueGetter<float>? _getExposure;
    private readonly TaskGroupReader? _groupReader;
    private readonly TaskRowBlock? _block;
    private readonly List<TaskRowOutput> _outputs = [];

    private int _count;
    private VBuffer<float> _features;
    private string?[] _tasks = new string?[1];
    private float[][] _taskFeatures = [[]]; // of each row
    private float[] _exposures = [1];
    private string[][] _groups = [[]];
    private int[] _finiteIndices = new int[1]; // index of the row in the scorer, which has only the rows with finite features; −1 for other rows
    private int _finiteCount;
    private bool _isEmbedded;
    private long _position = -1;

    /// <param name="model">The model whose encoder embeds the rows.</param>
    /// <param name="row">The row, cursor or block.</param>
    /// <param name="columns">The names of the columns.</param>
    public TaskRowReader(MetaModel model, DataViewRow row, ColumnNames columns)
    {
        _row = row;
        _block = row as TaskRowBlock;
        TaskColumn = columns.Task;
        _scorer = model.CreateScorer();
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _getTask = TaskNames.Getter(row, columns.Task);
        _getTaskFeatures = columns.TaskFeatures is { } name ? new TaskFeatureReader(row, name) : null;
        _taskFeatures[0] = NewTaskFeatures();
        _getExposure = columns.Exposure is { } exposure ? row.GetGetter<float>(row.Schema[exposure]) : null;
        _groupReader = columns.Groups.Count > 0 ? new TaskGroupReader(row, columns.Groups) : null;
    }

    /// <summary>The columns of the input.</summary>
    public DataViewSchema Schema => _row.Schema;

    /// <summary>The Task column, or null.</summary>
    public string? TaskColumn { get; }

    /// <inheritdoc/>
    public override int Count => _count;

    /// <inheritdoc/>
    public override int BlockSize => _scorer.BlockSize;

    /// <summary>The index of the row whose values the getters return. Without a block it is the cursor's current row. This property then reads the row and computes its outputs, once for each row.</summary>
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

    /// <summary>Adds an output that <see cref="Compute"/> computes.</summary>
    public T Add<T>(T output)
        where T : TaskRowOutput
    {
        _outputs.Add(output);
        return output;
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        _count = _finiteCount = 0;
        _isEmbedded = false;
        _scorer.Clear();
    }

    /// <inheritdoc/>
    public override void Add()
    {
        if (Count == _tasks.Length)
        {
            Array.Resize(ref _tasks, 2 * Count);
            Array.Resize(ref _finiteIndices, 2 * Count);
            Array.Resize(ref _taskFeatures, 2 * Count);
            Array.Resize(ref _exposures, 2 * Count);
            Array.Resize(ref _groups, 2 * Count);
            for (int row = Count; row < _taskFeatures.Length; row++)
                _taskFeatures[row] = NewTaskFeatures();
        }

        _tasks[Count] = _getTask();
        _getFeatures(ref _features);
        FeatureRow features = _features.ToFeatureRow();
        _getTaskFeatures?.Read(_taskFeatures[Count]);
        _exposures[Count] = 1;
        _getExposure?.Invoke(ref _exposures[Count]);
        _groups[Count] = _groupReader?.Read() ?? [];
        bool isFinite = features.IsFinite && FiniteNumbers.AreAll<float>(_taskFeatures[Count]);
        _finiteIndices[_count++] = isFinite ? _finiteCount++ : -1;
        if (isFinite)
            _scorer.Add(features);
    }

    /// <inheritdoc/>
    public override void Compute()
    {
        foreach (TaskRowOutput output in _outputs)
            output.Compute();
    }

    /// <summary>The row's task; null if the key is missing.</summary>
    public string? Task(int row) => _tasks[row];

    /// <summary>The features of the row's task; empty if there are none.</summary>
    public ReadOnlySpan<float> TaskFeatures(int row) => _taskFeatures[row];

    /// <summary>The groups of the row's task, the outermost first; empty if there are none, or if one is missing.</summary>
    public IReadOnlyList<string> Groups(int row) => _groups[row];

    /// <summary>The exposure of the row; 1 if there is no exposure column.</summary>
    public float Exposure(int row) => _exposures[row];

    /// <summary>Whether all features of the row and of its task are finite. Only such rows have embeddings.</summary>
    public bool IsFinite(int row) => _finiteIndices[row] >= 0;

    /// <summary>Embeds all finite rows with the shared encoder, if they are not embedded yet.</summary>
    public void EmbedAll()
    {
        if (!_isEmbedded && _finiteCount > 0)
            _scorer.EmbedAll();
        _isEmbedded = true;
    }

    private float[] NewTaskFeatures() => new float[_getTaskFeatures?.Count ?? 0];

    /// <summary>The embedding of a finite row that <see cref="EmbedAll"/> computed. Valid until the rows are removed.</summary>
    public ReadOnlySpan<float> Embedding(int row) => _scorer.Embedding(_finiteIndices[row]);

    /// <summary>The embedding of a finite row. If the adapter changed the encoder for the task, this encoder is used. Valid until the next call.</summary>
    public ReadOnlySpan<float> Embed(int row, AdaptedTask task)
    {
        if (task.EncoderParameters is { } parameters)
            return _scorer.EmbedOne(_finiteIndices[row], parameters);
        EmbedAll();
        return Embedding(row);
    }
}
