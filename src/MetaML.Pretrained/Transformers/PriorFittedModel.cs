using MetaML.Pretrained.Distillation;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using MetaML.Pretrained.Transformers;

namespace MetaML;

/// <summary>A table that a prior-fitted network has read. The model is the table itself: rows · (features + 1) numbers, and the network's weights; or a small network that imitates it.</summary>
/// <remarks>It is immutable, and safe for several threads.</remarks>
public sealed class PriorFittedModel
{
    /// <summary>The largest number of features.</summary>
    internal const int MaximumFeatures = 4_096;

    private const int MaximumRows = 1 << 24;

    private readonly PriorFittedTable? _table; // null if the model is distilled

    internal PriorFittedModel(LabelKind kind, PriorFittedTable table, bool isDistilled)
        : this(kind, isDistilled ? TableDistillation.Fit(table.Fitted) : table.Fitted, table.Fitted.Table.Rows) => _table = isDistilled ? null : table;

    private PriorFittedModel(LabelKind kind, ITablePredictor predictor, int rows) => (Kind, Predictor, RowCount) = (kind, predictor, rows);

    /// <summary>The kind of the labels.</summary>
    public LabelKind Kind { get; }

    /// <summary>The number of features.</summary>
    public int FeatureCount => Predictor.Width;

    /// <summary>The number of rows that the model learned from. It keeps them unless it is distilled.</summary>
    public int RowCount { get; }

    /// <summary>Predicts rows.</summary>
    internal ITablePredictor Predictor { get; }

    internal void Write(BinaryWriter writer)
    {
        // *** Binary format ***
        // byte: kind of labels; byte: 1 for a distilled model, else 0; int: classes; int: features; int: rows
        // see DistilledTable.Write or PriorFittedTable.Write
        writer.Write((byte)Kind);
        writer.Write(Predictor is DistilledTable);
        writer.Write(Predictor.Classes);
        writer.Write(FeatureCount);
        writer.Write(RowCount);
        if (Predictor is DistilledTable distilled)
            distilled.Write(writer);
        else
            _table!.Write(writer);
    }

    internal static PriorFittedModel Read(BinaryReader reader)
    {
        var kind = (LabelKind)reader.ReadByte();
        bool isDistilled = reader.ReadBoolean();
        int classes = reader.ReadInt32(), width = reader.ReadInt32(), rows = reader.ReadInt32();
        bool hasValidClasses = kind switch
        {
            LabelKind.Regression => classes == 0,
            LabelKind.Binary => classes == 2,
            LabelKind.Multiclass => classes is >= 1 and <= NetworkShape.MaximumClasses,
            _ => false,
        };
        int mostFeatures = isDistilled ? TableDistillation.MaximumFeatures : MaximumFeatures;
        if (!hasValidClasses || width < 1 || width > mostFeatures || rows is < 1 or > MaximumRows)
            throw new InvalidDataException($"A saved prior-fitted model must have known labels, rows and features; got {kind} with {classes} classes, {rows} rows of {width} features. The file is damaged.");
        if (isDistilled)
            return new PriorFittedModel(kind, DistilledTable.Read(reader, width, classes), rows);
        return new PriorFittedModel(kind, PriorFittedTable.Read(reader, classes, width, rows), isDistilled: false);
    }
}
