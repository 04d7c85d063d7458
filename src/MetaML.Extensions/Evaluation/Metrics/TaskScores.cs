using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MetaML.Files;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The scored rows of one task.</summary>
internal sealed class TaskScores
{
    /// <summary>The labels: 0 or 1 (binary), the number of the class (multiclass), or the value (regression).</summary>
    public List<float> Labels { get; } = [];

    /// <summary>The scores; for multiclass labels the number of the predicted class.</summary>
    public List<float> Scores { get; } = [];

    /// <summary>Binary: the probability of the positive class; NaN if there is none. Multiclass: the probability of the class of the label.</summary>
    public List<float> Probabilities { get; } = [];

    /// <summary>Multiclass: the probability of the predicted class; otherwise NaN.</summary>
    public List<float> Confidences { get; } = [];

    /// <summary>Multiclass: the probability of each class, by its number. Only kept if <see cref="KeepsDistributions"/>.</summary>
    public List<float[]> Distributions { get; } = [];

    /// <summary>Whether the probabilities of all classes are kept.</summary>
    public bool KeepsDistributions { get; init; }

    /// <summary>The numbers of the rows with a score.</summary>
    public List<int> Rows { get; } = [];

    /// <summary>The numbers of the rows whose score is not finite.</summary>
    public List<int> UnscoredRows { get; } = [];

    /// <summary>Number of rows with a score.</summary>
    public int Count => Labels.Count;

    /// <summary>Adds a row. If its score is not finite, only the number of the row is added.</summary>
    public void Add(int row, float label, float score, float probability, float confidence = float.NaN)
    {
        if (!float.IsFinite(score))
        {
            UnscoredRows.Add(row);
            return;
        }

        Rows.Add(row);
        Labels.Add(label);
        Scores.Add(score);
        Probabilities.Add(probability);
        Confidences.Add(confidence);
    }

    /// <summary>Adds a row with the probability of each class.</summary>
    public void AddDistribution(int row, float label, float[] distribution)
    {
        int best = TensorPrimitives.IndexOfMax<float>(distribution), number = (int)label;
        Add(row, label, best, (uint)number < (uint)distribution.Length ? distribution[number] : 0, distribution[best]);
        Distributions.Add(distribution);
    }

    /// <summary>The rows as a metric of a user reads them.</summary>
    public ScoredRow[] ToRows() => [.. Enumerable.Range(0, Count).Select(i => new ScoredRow(Rows[i], Labels[i], Scores[i], Probabilities[i]))];

    /// <summary>A copy that later rows do not change.</summary>
    public TaskScores Copy()
    {
        var copy = new TaskScores();
        copy.Rows.AddRange(Rows);
        copy.Labels.AddRange(Labels);
        copy.Scores.AddRange(Scores);
        copy.Probabilities.AddRange(Probabilities);
        copy.Confidences.AddRange(Confidences);
        copy.Distributions.AddRange(Distributions);
        return copy;
    }

    // int: number of rows; int[]: rows; float[]: labels, scores, probabilities, confidences; int: number of distributions (0 or of all rows); for each int: classes, and float[]
    public void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        foreach (int row in Rows)
            writer.Write(row);
        foreach (List<float> numbers in new[] { Labels, Scores, Probabilities, Confidences })
            BinaryFormat.WriteFloats(writer, CollectionsMarshal.AsSpan(numbers));
        writer.Write(Distributions.Count);
        foreach (float[] distribution in Distributions)
        {
            writer.Write(distribution.Length);
            BinaryFormat.WriteFloats(writer, distribution);
        }
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static TaskScores Read(BinaryReader reader)
    {
        var scores = new TaskScores();
        int count = BinaryFormat.ReadCount(reader, int.MaxValue, "rows");
        for (int i = 0; i < count; i++)
            scores.Rows.Add(reader.ReadInt32());
        foreach (List<float> numbers in new[] { scores.Labels, scores.Scores, scores.Probabilities, scores.Confidences })
            numbers.AddRange(BinaryFormat.ReadFloatsOrNaN(reader, count));
        for (int i = BinaryFormat.ReadCount(reader, count, "distributions"); i > 0; i--)
            scores.Distributions.Add(BinaryFormat.ReadFloatsOrNaN(reader, BinaryFormat.ReadCount(reader, BinaryFormat.MaximumOutputs, "classes")));
        return scores;
    }

    public void Clear()
    {
        Rows.Clear();
        Distributions.Clear();
        Labels.Clear();
        Scores.Clear();
        Probabilities.Clear();
        Confidences.Clear();
        UnscoredRows.Clear();
    }
}
