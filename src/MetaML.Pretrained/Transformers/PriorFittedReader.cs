using System.Numerics.Tensors;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Pretrained.Transformers;

/// <summary>Reads the features of rows and predicts their labels in blocks. Belongs to one cursor.</summary>
internal sealed class PriorFittedReader : RowReader
{
    private readonly PriorFittedModel _model;
    private readonly DataViewRow _row;
    private readonly TaskRowBlock? _block;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly int _outputs;
    private ViewBuffers? _buffers;
    private VBuffer<float> _values;
    private float[] _features = [];
    private float[] _probabilities = [];
    private int _count;
    private long _position = -1;

    /// <param name="model">The model.</param>
    /// <param name="row">The row, cursor or block.</param>
    /// <param name="featureColumn">The feature column.</param>
    public PriorFittedReader(PriorFittedModel model, DataViewRow row, string featureColumn)
    {
        _model = model;
        _row = row;
        _block = row as TaskRowBlock;
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[featureColumn]);
        _outputs = model.Table.Outputs;
    }

    /// <inheritdoc/>
    public override int Count => _count;

    /// <inheritdoc/>
    public override int BlockSize => 4 * ManagedNetwork.BlockRows;

    /// <inheritdoc/>
    public override void Clear() => _count = 0;

    /// <inheritdoc/>
    public override void Add()
    {
        int width = _model.FeatureCount;
        if (_features.Length < (_count + 1) * width)
            Array.Resize(ref _features, Math.Max(width, 2 * _features.Length));
        _getFeatures(ref _values);
        _values.CopyTo(_features.AsSpan(_count * width, width));
        _count++;
    }

    /// <inheritdoc/>
    public override void Compute()
    {
        int width = _model.FeatureCount, rows = Math.Min(_count, ManagedNetwork.BlockRows);
        if (_buffers is null || _buffers.Rows.Rows < rows)
            _buffers = new ViewBuffers(_model.Table.Network.Shape, rows);
        if (_probabilities.Length < _count * _outputs)
            _probabilities = new float[_count * _outputs];
        for (int first = 0; first < _count; first += rows)
        {
            int count = Math.Min(rows, _count - first);
            _model.Table.Score(_features.AsSpan(first * width, count * width), count, _buffers, _probabilities.AsSpan(first * _outputs, count * _outputs));
        }
    }

    /// <summary>The getter of an output column.</summary>
    /// <param name="column">The column's name.</param>
    public Delegate Getter(string column) => (column, _model.Kind) switch
    {
        (DefaultColumnNames.Score, LabelKind.Multiclass) => (ValueGetter<VBuffer<float>>)GetProbabilities,
        (DefaultColumnNames.Score, LabelKind.Binary) => (ValueGetter<float>)((ref float value) => value = Logit()),
        (DefaultColumnNames.Score, _) => (ValueGetter<float>)((ref float value) => value = (float)_model.Table.Moments(Current()).Mean),
        (ScoreColumns.Deviation, _) => (ValueGetter<float>)((ref float value) => value = (float)_model.Table.Moments(Current()).Deviation),
        (DefaultColumnNames.Probability, _) => (ValueGetter<float>)((ref float value) => value = Current()[1]),
        (_, LabelKind.Multiclass) => (ValueGetter<uint>)((ref uint value) => value = (uint)TensorPrimitives.IndexOfMax(Current()) + 1),
        _ => (ValueGetter<bool>)((ref bool value) => value = Logit() > 0),
    };

    private float Logit() => MathF.Log(Current()[1] / Current()[0]);

    private void GetProbabilities(ref VBuffer<float> value)
    {
        var editor = VBufferEditor.Create(ref value, _outputs);
        Current().CopyTo(editor.Values);
        value = editor.Commit();
    }

    // The probabilities of the row whose values the getters return. Without a block it is the cursor's current row, which is read once.
    private ReadOnlySpan<float> Current()
    {
        int row = _block?.RowIndex ?? 0;
        if (_block is null && _position != _row.Position)
        {
            Clear();
            Add();
            Compute();
            _position = _row.Position;
        }

        return _probabilities.AsSpan(row * _outputs, _outputs);
    }
}
