using System.Numerics.Tensors;
using MetaML.Files;
using MetaML.Heads;

namespace MetaML.Models;

/// <summary>What one task was adapted to: a linear head, its classes, and encoder parameters where the task has its own.</summary>
/// <param name="head">Embedding → scores, in the user's units.</param>
/// <param name="classes">Output k scores class <c>classes[k]</c>; empty for regression.</param>
/// <param name="encoderParameters">In the encoder's order, the model's own arrays where they are shared; or null where all are.</param>
public sealed class AdaptedTask(LinearHead head, IReadOnlyList<int> classes, IReadOnlyList<float[]>? encoderParameters = null)
{
    // Bits of the byte before what a task need not have.
    private const byte HasEncoder = 1, HasPredictiveVariance = 2, HasRowCount = 4, HasWeight = 8, All = 15;

    /// <summary>Embedding → scores, in the user's units.</summary>
    public LinearHead Head { get; } = head;

    /// <summary>Output k scores class <c>Classes[k]</c>; empty for regression, 0 and 1 for binary labels.</summary>
    public IReadOnlyList<int> Classes { get; } = classes;

    /// <summary>The encoder's parameters, in its order, where some are the task's own; null where it uses the shared ones alone.</summary>
    public IReadOnlyList<float[]>? EncoderParameters { get; } = encoderParameters;

    /// <summary>Number of rows that the task was adapted on; null where a saved model of an earlier version does not say.</summary>
    public int? RowCount { get; init; }

    /// <summary>λ, how much the task counted when training ended, 1 in the mean; null for a task that was not trained on, or where nothing was trained by gradients.</summary>
    public double? TrainingWeight { get; init; }

    /// <summary>The same task with another λ.</summary>
    internal AdaptedTask WithWeight(double? weight) => new(Head, Classes, EncoderParameters) { RowCount = RowCount, TrainingWeight = weight };

    /// <summary>The same head under other class numbers.</summary>
    /// <param name="classes">As many as <see cref="Classes"/>.</param>
    /// <exception cref="ArgumentException">There is another number of classes.</exception>
    public AdaptedTask WithClasses(IReadOnlyList<int> classes) => classes.Count == Classes.Count
        ? new AdaptedTask(Head, classes, EncoderParameters) { RowCount = RowCount, TrainingWeight = TrainingWeight }
        : throw new ArgumentException($"There must be {Classes.Count} classes; got {classes.Count}.", nameof(classes));

    /// <summary>Scores an embedding.</summary>
    /// <param name="embedding">By the task's encoder.</param>
    /// <param name="scores">Receives [outputs].</param>
    internal void Score(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        Head.Score(embedding, scores);
        if (Classes.Count > 0 && Head.PredictiveVariance is { } variance) // the classes' mean probabilities, see PredictiveVariance
            TensorPrimitives.Divide(scores, variance.Deviation(embedding), scores);
    }

    /// <summary>Writes the task.</summary>
    /// <param name="writer">Receives: outputs, weights, bias, number of classes, classes, a byte that says what follows (1: encoder parameters, and for each of them whether it is the task's own, and those that are; 2: a predictive variance; 4: the number of rows; 8: λ), and that.</param>
    /// <param name="model">The model that the task belongs to.</param>
    public void Write(BinaryWriter writer, MetaModel model)
    {
        writer.Write(Head.OutputCount);
        BinaryFormat.WriteFloats(writer, Head.Weights);
        BinaryFormat.WriteFloats(writer, Head.Bias);
        writer.Write(Classes.Count);
        foreach (int number in Classes)
            writer.Write(number);
        writer.Write((byte)((EncoderParameters is null ? 0 : HasEncoder) | (Head.PredictiveVariance is null ? 0 : HasPredictiveVariance) | (RowCount is null ? 0 : HasRowCount) | (TrainingWeight is null ? 0 : HasWeight)));
        foreach (var (values, shared) in (EncoderParameters ?? []).Zip(model.EncoderArrays))
        {
            writer.Write(values != shared);
            if (values != shared)
                BinaryFormat.WriteFloats(writer, values);
        }

        Head.PredictiveVariance?.Write(writer);
        if (RowCount is { } rows)
            writer.Write(rows);
        if (TrainingWeight is { } weight)
            writer.Write(weight);
    }

    /// <summary>Reads a task that <see cref="Write"/> wrote.</summary>
    /// <param name="reader">Stands at the task.</param>
    /// <param name="model">The model that the task belongs to.</param>
    /// <param name="classCount">Number of classes that there are.</param>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static AdaptedTask Read(BinaryReader reader, MetaModel model, int classCount)
    {
        int outputs = BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "outputs");
        float[] weights = BinaryFormat.ReadFloats(reader, (long)outputs * model.EmbeddingDimension);
        float[] bias = BinaryFormat.ReadFloats(reader, outputs);
        int count = BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "classes");
        var classes = new List<int>();
        for (int k = 0; k < count; k++)
        {
            int number = reader.ReadInt32();
            if (number < 0 || number >= classCount || (k > 0 && number <= classes[^1]))
                throw new InvalidDataException($"A task's classes must ascend and be below {classCount}; got {number}. The file is damaged.");
            classes.Add(number);
        }

        bool fits = model.Kind == LabelKind.Multiclass ? count == outputs : outputs == 1;
        if (!fits)
            throw new InvalidDataException($"A {model.Kind} task cannot have {outputs} outputs and {count} classes. The file is damaged.");
        byte parts = reader.ReadByte();
        if (parts > All)
            throw new InvalidDataException($"A task's parts must be between 0 and {All}; got {parts}. The file is damaged.");
        float[][]? own = (parts & HasEncoder) != 0 ? [.. model.EncoderArrays.Select(shared => reader.ReadBoolean() ? BinaryFormat.ReadFloats(reader, shared.Length) : shared)] : null;
        PredictiveVariance? variance = (parts & HasPredictiveVariance) != 0 ? PredictiveVariance.Read(reader, model.EmbeddingDimension) : null;
        return new AdaptedTask(new LinearHead(weights, bias) { PredictiveVariance = variance }, classes, own)
        {
            RowCount = (parts & HasRowCount) != 0 ? BinaryFormat.ReadCount(reader, int.MaxValue, "rows") : null,
            TrainingWeight = (parts & HasWeight) != 0 ? ReadWeight(reader) : null,
        };
    }

    private static double ReadWeight(BinaryReader reader)
    {
        double weight = reader.ReadDouble();
        return double.IsFinite(weight) ? weight : throw new InvalidDataException($"A task's weight must be finite; got {weight}. The file is damaged.");
    }
}
