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
    private float[] _outputValues = [];
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
        _outputs = model.Predictor.Outputs;
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
        if (_outputValues.Length < _count * _outputs)
            _outputValues = new float[_count * _outputs];
        _model.Predictor.Predict(_features.AsSpan(0, _count * _model.FeatureCount), _count, ref _buffers, _outputValues.AsSpan(0, _count * _outputs));
    }

    /// <summary>The getter of an output column.</summary>
    /// <param name="column">The column's name.</param>
    public Delegate Getter(string column) => (column, _model.Kind) switch
    {
        (DefaultColumnNames.Score, LabelKind.Multiclass) => (ValueGetter<VBuffer<float>>)GetProbabilities,
        (DefaultColumnNames.Score, LabelKind.Binary) => (ValueGetter<float>)((ref float value) => value = Logit()),
        (DefaultColumnNames.Score, _) => (ValueGetter<float>)((ref float value) => value = Current()[0]),
        (ScoreColumns.Deviation, _) => (ValueGetter<float>)((ref float value) => value = Current()[1]),
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

    // The outputs of the row whose values the getters return. Without a block it is the cursor's current row, which is read once.
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

        return _outputValues.AsSpan(row * _outputs, _outputs);
    }
}
