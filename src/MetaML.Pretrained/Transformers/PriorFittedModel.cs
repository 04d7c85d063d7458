using MetaML.Files;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;

namespace MetaML;

/// <summary>A table that a prior-fitted network has read. The model is the table itself: rows · (features + 1) numbers, and the network's weights.</summary>
/// <remarks>It is immutable, and safe for several threads.</remarks>
public sealed class PriorFittedModel
{
    /// <summary>The largest number of features.</summary>
    internal const int MaximumFeatures = 4_096;

    private const int MaximumViews = 64, MaximumRows = 1 << 24;

    private readonly ShippedNetwork _network;
    private readonly int _views;
    private readonly int _maximumRows;
    private readonly int _seed;

    internal PriorFittedModel(LabelKind kind, ShippedNetwork network, LabeledTable table, int views, int maximumRows, int seed)
    {
        Kind = kind;
        Table = new FittedTable(network.Network, table, views, maximumRows, seed);
        (_network, _views, _maximumRows, _seed) = (network, views, maximumRows, seed);
    }

    /// <summary>The kind of the labels.</summary>
    public LabelKind Kind { get; }

    /// <summary>The number of features.</summary>
    public int FeatureCount => Table.Table.Width;

    /// <summary>The number of rows that the model keeps.</summary>
    public int RowCount => Table.Table.Rows;

    internal FittedTable Table { get; }

    internal void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // byte: kind of labels; int: views; int: largest number of rows of a view; int: seed
        // int: classes; int: features; int: rows; float[]: features; float[]: labels
        // int: bytes of the weights; the weight file
        writer.Write((byte)Kind);
        writer.Write(_views);
        writer.Write(_maximumRows);
        writer.Write(_seed);
        writer.Write(Table.Table.Classes);
        writer.Write(FeatureCount);
        writer.Write(RowCount);
        BinaryFormat.WriteFloats(writer, Table.Table.Features);
        BinaryFormat.WriteFloats(writer, Table.Table.Labels);
        writer.Write(_network.Bytes.Length);
        writer.Write(_network.Bytes);
    }

    internal static PriorFittedModel Read(BinaryReader reader)
    {
        var kind = (LabelKind)reader.ReadByte();
        int views = reader.ReadInt32(), maximumRows = reader.ReadInt32(), seed = reader.ReadInt32(), classes = reader.ReadInt32(), width = reader.ReadInt32(), rows = reader.ReadInt32();
        bool hasValidClasses = kind switch
        {
            LabelKind.Regression => classes == 0,
            LabelKind.Binary => classes == 2,
            LabelKind.Multiclass => classes is >= 1 and <= NetworkShape.MaximumClasses,
            _ => false,
        };
        if (!hasValidClasses || views is < 1 or > MaximumViews || maximumRows < 1 || width is < 1 or > MaximumFeatures || rows is < 1 or > MaximumRows)
            throw new InvalidDataException($"A saved prior-fitted model must have known labels, views, rows and features; got {kind} with {classes} classes, {views} views, {rows} rows of {width} features. The file is damaged.");
        float[] features = BinaryFormat.ReadFloatsOrNaN(reader, (long)rows * width), labels = BinaryFormat.ReadFloats(reader, rows);
        if (classes > 0 && labels.Any(label => label < 0 || label >= classes || label != MathF.Truncate(label)))
            throw new InvalidDataException("The labels of a saved prior-fitted model must be classes. The file is damaged.");
        var bytes = new byte[BinaryFormat.ReadCount(reader, ShippedNetwork.MaximumBytes, "bytes of the weights")];
        reader.BaseStream.ReadExactly(bytes);
        return new PriorFittedModel(kind, ShippedNetwork.Of(bytes), new LabeledTable(features, width, labels, classes), views, maximumRows, seed);
    }
}
