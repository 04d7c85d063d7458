using MetaML.Extensions.Data;
using MetaML.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using System.Numerics.Tensors;

namespace MetaML.Extensions;

/// <summary>The row that a cursor stands at: read once and embedded once, however many outputs are scored on it. For one cursor.</summary>
internal sealed class TaskRowReader
{
    private readonly DataViewRow _row;
    private readonly MetaScorer _scorer;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly Func<string?> _getTask;

    private VBuffer<float> _features;
    private string? _task;
    private long _taskAt = -1;
    private long _featuresAt = -1;
    private long _embeddedAt = -1;
    private bool _isFinite;

    public TaskRowReader(MetaModel model, DataViewRow row, ColumnNames columns)
    {
        _row = row;
        TaskColumn = columns.Task;
        _scorer = model.CreateScorer();
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _getTask = TaskNames.Getter(row, columns.Task);
    }

    /// <summary>The Task column, or null.</summary>
    public string? TaskColumn { get; }

    public long Position => _row.Position;

    /// <summary>The row's task; null where the key is missing.</summary>
    public string? Task
    {
        get
        {
            if (_taskAt != Position)
                (_task, _taskAt) = (_getTask(), Position);
            return _task;
        }
    }

    /// <summary>Whether the row can be scored: no feature is NaN or infinite.</summary>
    public bool IsFinite
    {
        get
        {
            if (_featuresAt != Position)
            {
                _getFeatures(ref _features);
                _featuresAt = Position;
                _isFinite = TensorPrimitives.IsFiniteAll(_features.GetValues());
            }

            return _isFinite;
        }
    }

    /// <summary>Scores the row for a task; valid until the next call.</summary>
    /// <param name="task">The adapted task.</param>
    public ReadOnlySpan<float> Score(AdaptedTask task)
    {
        if (task.EncoderParameters is not null)
        {
            _embeddedAt = -1; // the scorer holds one embedding
            return _scorer.Score(task, _features.ToFeatureRow());
        }

        if (_embeddedAt != Position)
        {
            _scorer.Embed(_features.ToFeatureRow());
            _embeddedAt = Position;
        }

        return _scorer.ScoreEmbedded(task);
    }

    /// <summary>How far the row's label may lie from the score that was given last.</summary>
    /// <param name="task">The task that it was given for.</param>
    public float Deviation(AdaptedTask task) => _scorer.Deviation(task);
}
