using System.Numerics.Tensors;
using MetaML.Pretrained.Network;

namespace MetaML.Pretrained.Tables;

/// <summary>A table that the network has read from several views. It is safe for concurrent use.</summary>
internal sealed class FittedTable
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

    /// <summary>The number of probabilities of a row: its classes, or the bins of a number.</summary>
    public int Outputs => Table.Classes > 0 ? Table.Classes : LabelBins.Count;

    /// <summary>The probabilities of the classes, or of the bins, of each row: the mean over all views.</summary>
    /// <param name="rows">Features [rows, width].</param>
    /// <param name="count">The number of rows, at most those of the buffers.</param>
    /// <param name="buffers">Memory of the calling thread.</param>
    /// <param name="probabilities">Receives [rows, <see cref="Outputs"/>].</param>
    public void Score(ReadOnlySpan<float> rows, int count, ViewBuffers buffers, Span<float> probabilities)
    {
        probabilities.Clear();
        foreach (TableView view in _views)
            view.AddProbabilities(rows, count, buffers, probabilities);
        TensorPrimitives.Divide(probabilities, _views.Length, probabilities);
    }

    /// <summary>Mean and standard deviation of a numeric label.</summary>
    /// <param name="bins">The probabilities of the bins.</param>
    public (double Mean, double Deviation) Moments(ReadOnlySpan<float> bins)
    {
        double mean = TensorPrimitives.Dot(bins, LabelBins.Values), squares = 0;
        for (int bin = 0; bin < bins.Length; bin++)
            squares += bins[bin] * Math.Pow(LabelBins.Values[bin] - mean, 2);
        return (_labels.Mean + _labels.Deviation * mean, _labels.Deviation * Math.Sqrt(squares));
    }
}
