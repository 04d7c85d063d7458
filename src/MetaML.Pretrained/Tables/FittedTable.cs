using System.Numerics.Tensors;
using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>A table that the network has read from several views. It is safe for concurrent use.</summary>
internal sealed class FittedTable : ITablePredictor
{
    private readonly TableView[] _views;
    private readonly LabelScale _labels;

    /// <summary>Reads the table.</summary>
    /// <param name="network">The network.</param>
    /// <param name="table">The table.</param>
    /// <param name="views">The number of views, at least 1.</param>
    /// <param name="maximumRows">The largest number of rows that a view reads. Of a larger table, each view draws its own rows.</param>
    /// <param name="seed">The seed of all draws.</param>
    public FittedTable(ManagedNetwork network, LabeledTable table, int views, int maximumRows, int seed)
    {
        Network = network;
        Table = table;
        _labels = new LabelScale(table.Labels, table.Classes);
        double[] relevances = FeatureDraw.Relevances(table);
        var random = new Random(seed);
        int[] seeds = [.. Enumerable.Range(0, views).Select(_ => random.Next())];
        _views = new TableView[views];
        Parallel.For(0, views, i =>
        {
            var own = new Random(seeds[i]);
            int[] features = FeatureDraw.Next(relevances, network.Shape.Slots, own);
            _views[i] = new TableView(network, RowDraw.Next(table, maximumRows, own), features, own);
        });
    }

    /// <summary>The network.</summary>
    public ManagedNetwork Network { get; }

    /// <summary>The table.</summary>
    public LabeledTable Table { get; }

    /// <inheritdoc/>
    public int Width => Table.Width;

    /// <inheritdoc/>
    public int Classes => Table.Classes;

    /// <summary>The number of probabilities of a row: its classes, or the bins of a number.</summary>
    public int Probabilities => Table.Classes > 0 ? Table.Classes : LabelBins.Count;

    /// <summary>The probabilities of the classes, or of the bins, of each row: the mean over all views.</summary>
    /// <param name="rows">Features [rows, width].</param>
    /// <param name="count">The number of rows, at most those of the buffers.</param>
    /// <param name="buffers">Memory of the calling thread.</param>
    /// <param name="probabilities">Receives [rows, <see cref="Probabilities"/>].</param>
    public void Score(ReadOnlySpan<float> rows, int count, ViewBuffers buffers, Span<float> probabilities)
    {
        probabilities.Clear();
        foreach (TableView view in _views)
            view.AddProbabilities(rows, count, buffers, probabilities);
        TensorPrimitives.Divide(probabilities, _views.Length, probabilities);
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> rows, int count, ref ViewBuffers? buffers, Span<float> outputs)
    {
        int block = Math.Min(count, ManagedNetwork.BlockRows);
        if (buffers is null || buffers.Rows.Rows < block)
            buffers = new ViewBuffers(Network.Shape, block);
        Span<float> bins = Classes > 0 ? [] : new float[block * Probabilities];
        for (int first = 0; first < count; first += block)
        {
            int size = Math.Min(block, count - first);
            ReadOnlySpan<float> own = rows.Slice(first * Width, size * Width);
            if (Classes > 0)
            {
                Score(own, size, buffers, outputs.Slice(first * Classes, size * Classes));
                continue;
            }

            Score(own, size, buffers, bins[..(size * Probabilities)]);
            for (int row = 0; row < size; row++)
            {
                var (mean, deviation) = Moments(bins.Slice(row * Probabilities, Probabilities));
                (outputs[2 * (first + row)], outputs[2 * (first + row) + 1]) = ((float)mean, (float)deviation);
            }
        }
    }

    // Mean and standard deviation of a numeric label.
    private (double Mean, double Deviation) Moments(ReadOnlySpan<float> bins)
    {
        double mean = TensorPrimitives.Dot(bins, LabelBins.Values), squares = 0;
        for (int bin = 0; bin < bins.Length; bin++)
            squares += bins[bin] * Math.Pow(LabelBins.Values[bin] - mean, 2);
        return (_labels.Mean + _labels.Deviation * mean, _labels.Deviation * Math.Sqrt(squares));
    }
}
