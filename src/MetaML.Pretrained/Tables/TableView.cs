using MetaML.Numerics;
using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>A table as the network sees it once: with some features in some order, and with classes or the sign of numbers renamed.</summary>
/// <remarks>
/// The network treats slots and classes differently, although they are alike. The mean over several views evens this out, as in
/// Hollmann et al., 2023, arXiv 2207.01848.
/// </remarks>
internal sealed class TableView
{
    private readonly ManagedNetwork _network;
    private readonly RowEncoder _rows;
    private readonly LabelScale _labels;
    private readonly int[] _classNames; // the network's class of each class; empty for numeric labels
    private readonly bool _isNegated;
    private readonly SupportMemory[] _memories;

    /// <summary>Lets the network read the support.</summary>
    /// <param name="network">The network.</param>
    /// <param name="table">The support.</param>
    /// <param name="features">The feature of each slot.</param>
    /// <param name="random">Draws the names of the classes.</param>
    public TableView(ManagedNetwork network, LabeledTable table, int[] features, Random random)
    {
        NetworkShape shape = network.Shape;
        _network = network;
        _rows = new RowEncoder(shape, table.Features, table.Width, features, table.Classes);
        _labels = new LabelScale(table.Labels, table.Classes);
        _classNames = [.. Enumerable.Range(0, table.Classes)];
        random.Shuffle(_classNames);
        _isNegated = table.Classes == 0 && random.Next(2) == 0;
        var tokens = new float[table.Rows * shape.Inputs];
        var labels = new float[table.Rows * NetworkShape.LabelInputs];
        for (int row = 0; row < table.Rows; row++)
        {
            _rows.Encode(table.Row(row), tokens.AsSpan(row * shape.Inputs, shape.Inputs));
            _labels.Encode(table.Classes == 0 ? table.Labels[row] : _classNames[(int)table.Labels[row]], labels.AsSpan(row * NetworkShape.LabelInputs, NetworkShape.LabelInputs));
            if (_isNegated)
                labels[row * NetworkShape.LabelInputs + NetworkShape.MaximumClasses] *= -1;
        }

        _memories = network.Read(tokens, labels);
    }

    /// <summary>Adds the probabilities of the classes, or of the bins, of each row.</summary>
    /// <param name="rows">Features [rows, width].</param>
    /// <param name="count">The number of rows, at most those of the buffers.</param>
    /// <param name="buffers">Memory of the calling thread.</param>
    /// <param name="probabilities">[rows, classes or bins].</param>
    public void AddProbabilities(ReadOnlySpan<float> rows, int count, ViewBuffers buffers, Span<float> probabilities)
    {
        NetworkShape shape = _network.Shape;
        int width = rows.Length / count, outputs = probabilities.Length / count;
        Span<float> tokens = buffers.Tokens.AsSpan(0, count * shape.Inputs), logits = buffers.Logits.AsSpan(0, count * NetworkShape.Outputs);
        for (int row = 0; row < count; row++)
            _rows.Encode(rows.Slice(row * width, width), tokens.Slice(row * shape.Inputs, shape.Inputs));
        _network.Score(_memories, tokens, buffers.Rows, logits);
        for (int row = 0; row < count; row++)
        {
            Span<float> own = logits.Slice(row * NetworkShape.Outputs, NetworkShape.Outputs), sum = probabilities.Slice(row * outputs, outputs);
            own = _classNames.Length > 0 ? own[.._classNames.Length] : own[NetworkShape.MaximumClasses..];
            Softmax.Apply(own, own);
            for (int i = 0; i < sum.Length; i++)
                sum[i] += own[_classNames.Length > 0 ? _classNames[i] : _isNegated ? own.Length - 1 - i : i];
        }
    }
}
