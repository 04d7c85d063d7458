using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Files;

namespace MetaML.Statistics;

/// <summary>A row that a task keeps. Its values must not be changed.</summary>
/// <param name="Values">The values, or those at <paramref name="Indices"/>.</param>
/// <param name="Indices">Ascending numbers of the values of a sparse row; null for a dense row.</param>
/// <param name="Label">0 or 1, the index of the class among the task's classes, or the standardised value.</param>
/// <param name="Weight">The example weight.</param>
internal sealed record StoredRow(float[] Values, int[]? Indices, float Label, float Weight)
{
    // The square of the relative difference up to which two rows are the same: processors round embeddings differently.
    private const double Tolerance = 1e-10;

    /// <summary>The factor of the weight by which later rows have made this one count less.</summary>
    public double Decay { get; init; } = 1;

    /// <summary>The row as a feature row.</summary>
    /// <param name="dimension">Number of values with the zeros.</param>
    public FeatureRow Features(int dimension) => Indices is null ? new FeatureRow(Values) : new FeatureRow(dimension, Indices, Values);

    /// <summary>A copy of a row. It is sparse if at most half of its values are not zero, whatever the form of the given row.</summary>
    public static StoredRow Of(FeatureRow row, float label, float weight)
    {
        int count = 0;
        foreach (float value in row.Values)
            count += value != 0 ? 1 : 0;
        if (2 * count > row.Length)
        {
            var dense = new float[row.Length];
            row.CopyTo(dense);
            return new StoredRow(dense, null, label, weight);
        }

        var values = new float[count];
        var indices = new int[count];
        for (int i = 0, next = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] != 0)
                (indices[next], values[next++]) = (row.IsSparse ? row.Indices[i] : i, row.Values[i]);
        }

        return new StoredRow(values, indices, label, weight);
    }

    /// <summary>Whether another row has the same label and weight, and the same values up to rounding.</summary>
    public bool IsSameAs(StoredRow other)
    {
        if (Label != other.Label || Weight != other.Weight || Values.Length != other.Values.Length || !(Indices ?? []).AsSpan().SequenceEqual(other.Indices ?? []))
            return false;
        if (Values.AsSpan().SequenceEqual(other.Values))
            return true;
        double squares = 0;
        for (int i = 0; i < Values.Length; i++)
            squares += ((double)Values[i] - other.Values[i]) * ((double)Values[i] - other.Values[i]);
        return squares <= Tolerance * TensorPrimitives.SumOfSquares<float>(Values);
    }

    /// <summary>Writes the row.</summary>
    /// <param name="writer">Receives float: label, float: weight, double: decay, int: number of values of a sparse row or −1 for a dense row, int[]: indices, float[]: values.</param>
    public void Write(BinaryWriter writer)
    {
        BinaryFormat.WriteFloats(writer, [Label, Weight]);
        writer.Write(Decay);
        writer.Write(Indices?.Length ?? -1);
        foreach (int index in Indices ?? [])
            writer.Write(index);
        BinaryFormat.WriteFloats(writer, Values);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static StoredRow Read(BinaryReader reader, StatisticsForm form, int targets)
    {
        float[] pair = BinaryFormat.ReadFloats(reader, 2);
        double decay = reader.ReadDouble();
        int sparse = reader.ReadInt32();
        if (sparse < -1 || sparse > form.Dimension || decay is not (>= 0 and <= 1) || pair[1] < 0 || (form.Kind != LabelKind.Regression && !(pair[0] >= 0 && pair[0] < targets && pair[0] == MathF.Floor(pair[0]))))
            throw Damaged($"rows with a valid label and weight; got {pair[0]} and {pair[1]}");
        int[]? indices = sparse < 0 ? null : ReadIndices(reader, sparse, form.Dimension);
        return new StoredRow(BinaryFormat.ReadFloats(reader, sparse < 0 ? form.Dimension : sparse), indices, pair[0], pair[1]) { Decay = decay };
    }

    private static int[] ReadIndices(BinaryReader reader, int count, int dimension)
    {
        var indices = new List<int>();
        for (int i = 0; i < count; i++)
        {
            int index = reader.ReadInt32();
            if (index >= dimension || index <= (i > 0 ? indices[^1] : -1))
                throw Damaged($"ascending indices below {dimension}; got {index}");
            indices.Add(index);
        }

        return [.. indices];
    }

    private static InvalidDataException Damaged(string constraint) => new($"A task's statistics must have {constraint}. The file is damaged.");
}
