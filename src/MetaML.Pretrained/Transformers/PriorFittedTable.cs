using MetaML.Files;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;

namespace MetaML.Pretrained.Transformers;

/// <summary>A table that a network has read, with all that is needed to read it again.</summary>
internal sealed class PriorFittedTable(ShippedNetwork network, LabeledTable table, int views, int maximumRows, int seed)
{
    private const int MaximumViews = 64;

    /// <summary>The table as the network has read it.</summary>
    public FittedTable Fitted { get; } = new(network.Network, table, views, maximumRows, seed);

    /// <summary>Writes the table, without its sizes.</summary>
    public void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // int: views; int: largest number of rows of a view; int: seed
        // float[]: features; float[]: labels
        // int: bytes of the weights; the weight file
        writer.Write(views);
        writer.Write(maximumRows);
        writer.Write(seed);
        BinaryFormat.WriteFloats(writer, table.Features);
        BinaryFormat.WriteFloats(writer, table.Labels);
        writer.Write(network.Bytes.Length);
        writer.Write(network.Bytes);
    }

    /// <summary>Reads a table of known sizes.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    public static PriorFittedTable Read(BinaryReader reader, int classes, int width, int rows)
    {
        int views = reader.ReadInt32(), maximumRows = reader.ReadInt32(), seed = reader.ReadInt32();
        if (views is < 1 or > MaximumViews || maximumRows < 1)
            throw new InvalidDataException($"A saved prior-fitted model must have 1 to {MaximumViews} views, and rows in each; got {views} views of {maximumRows} rows. The file is damaged.");
        float[] features = BinaryFormat.ReadFloatsOrNaN(reader, (long)rows * width), labels = BinaryFormat.ReadFloats(reader, rows);
        if (classes > 0 && labels.Any(label => label < 0 || label >= classes || label != MathF.Truncate(label)))
            throw new InvalidDataException("The labels of a saved prior-fitted model must be classes. The file is damaged.");
        var bytes = new byte[BinaryFormat.ReadCount(reader, ShippedNetwork.MaximumBytes, "bytes of the weights")];
        reader.BaseStream.ReadExactly(bytes);
        return new PriorFittedTable(ShippedNetwork.Of(bytes), new LabeledTable(features, width, labels, classes), views, maximumRows, seed);
    }
}
