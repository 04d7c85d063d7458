namespace MetaML.Extensions.Experiments.Checkpoints;

/// <summary>The cost of the use of a model.</summary>
/// <param name="Milliseconds">The median time of the prediction of one row; null if it is unknown.</param>
/// <param name="Bytes">The size of the saved model; null if it cannot be saved.</param>
internal readonly record struct ModelCost(double? Milliseconds, long? Bytes)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Milliseconds ?? double.NaN);
        writer.Write(Bytes ?? -1);
    }

    public static ModelCost Read(BinaryReader reader)
    {
        double milliseconds = reader.ReadDouble();
        long bytes = reader.ReadInt64();
        return new ModelCost(double.IsNaN(milliseconds) ? null : milliseconds, bytes < 0 ? null : bytes);
    }
}
