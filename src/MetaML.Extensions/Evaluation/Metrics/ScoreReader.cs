using System.Globalization;
using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Reads the score and the probability of scored rows, and the class of each slot of a score vector.</summary>
/// <remarks>Classes are matched by name. A model that was fitted to few rows can know only some classes, and numbers them in another order.</remarks>
internal sealed class ScoreReader(string scoreColumn = DefaultColumnNames.Score, string probabilityColumn = DefaultColumnNames.Probability, string predictedLabelColumn = DefaultColumnNames.PredictedLabel)
{
    /// <summary>The score column.</summary>
    public string ScoreColumn => scoreColumn;

    /// <summary>The columns that contain the scores of a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The score column is absent or of the wrong type.</exception>
    public IEnumerable<DataViewSchema.Column> Columns(DataViewSchema schema, LabelKind kind)
    {
        string expected = kind == LabelKind.Multiclass ? "known-size vector of Single" : "Single";
        DataViewType type = ColumnNames.Find(schema, "score", scoreColumn, expected);
        bool fits = kind == LabelKind.Multiclass ? type is VectorDataViewType { Size: > 0 } vector && vector.ItemType == NumberDataViewType.Single : type == NumberDataViewType.Single;
        if (!fits)
            throw ColumnNames.Mismatch(schema, "score", scoreColumn, expected, type);
        return kind == LabelKind.Binary && Probability(schema) is { } probability ? [schema[scoreColumn], probability] : [schema[scoreColumn]];
    }

    /// <summary>Returns an action that reads the score of the cursor's current row and adds the row to a task. Its arguments are the number of the row, its label and its task.</summary>
    /// <param name="cursor">A cursor with the <see cref="Columns"/>.</param>
    /// <param name="labelColumn">The label column. Its key values are the names of the slots if the score column has no slot names.</param>
    /// <param name="kind">The kind of the labels.</param>
    /// <param name="classes">The numbers of the classes.</param>
    public Action<int, float, TaskScores> Adder(DataViewRow cursor, string labelColumn, LabelKind kind, NameNumbers classes) => kind switch
    {
        LabelKind.Multiclass => Multiclass(cursor, labelColumn, classes),
        LabelKind.Binary => Binary(cursor),
        _ => Value(cursor),
    };

    private DataViewSchema.Column? Probability(DataViewSchema schema) =>
        schema.GetColumnOrNull(probabilityColumn) is { } column && column.Type == NumberDataViewType.Single ? column : null;

    private Action<int, float, TaskScores> Value(DataViewRow cursor)
    {
        ValueGetter<float> getScore = cursor.GetGetter<float>(cursor.Schema[scoreColumn]);
        float score = 0;
        return (row, label, task) =>
        {
            getScore(ref score);
            task.Add(row, label, score, float.NaN);
        };
    }

    private Action<int, float, TaskScores> Binary(DataViewRow cursor)
    {
        ValueGetter<float> getScore = cursor.GetGetter<float>(cursor.Schema[scoreColumn]);
        ValueGetter<float>? getProbability = Probability(cursor.Schema) is { } column ? cursor.GetGetter<float>(column) : null;
        float score = 0, probability = float.NaN;
        return (row, label, task) =>
        {
            getScore(ref score);
            getProbability?.Invoke(ref probability);
            task.Add(row, label, score, probability);
        };
    }

    private Action<int, float, TaskScores> Multiclass(DataViewRow cursor, string labelColumn, NameNumbers classes)
    {
        DataViewSchema.Column column = cursor.Schema[scoreColumn];
        ValueGetter<VBuffer<float>> getScores = cursor.GetGetter<VBuffer<float>>(column);
        int slots = ColumnTypes.VectorSize(column.Type);
        int[] classOfSlot = [.. SlotNames(cursor.Schema, slots, labelColumn).Select(classes.Of)];
        Dictionary<int, int> slotOfClass = classOfSlot.Select((number, slot) => (number, slot)).ToDictionary(pair => pair.number, pair => pair.slot);
        VBuffer<float> buffer = default;
        float[] scores = new float[slots];
        return (row, label, task) =>
        {
            getScores(ref buffer);
            buffer.CopyTo(scores);
            int best = TensorPrimitives.IndexOfMax<float>(scores);
            bool isFinite = FiniteNumbers.AreAll<float>(scores);
            task.Add(row, label, isFinite ? classOfSlot[best] : float.NaN, slotOfClass.TryGetValue((int)label, out int slot) ? scores[slot] : 0, scores[best]);
            if (task.KeepsDistributions && isFinite)
                task.Distributions.Add(ByClass(scores, classOfSlot));
        };
    }

    private static float[] ByClass(float[] scores, int[] classOfSlot)
    {
        float[] distribution = new float[classOfSlot.Max() + 1];
        for (int i = 0; i < scores.Length; i++)
            distribution[classOfSlot[i]] = scores[i];
        return distribution;
    }

    // The names come from the first of these sources that has them: the key values of the predicted label (absent if the chain maps
    // it to values), the score column, the key values of the label. Otherwise the slots are numbered from 1.
    private IReadOnlyList<string> SlotNames(DataViewSchema schema, int slots, string labelColumn) =>
        KeyNames(schema, predictedLabelColumn, slots)
        ?? ScoreColumns.ClassesOf(schema[scoreColumn])?.Names
        ?? KeyNames(schema, labelColumn, slots)
        ?? [.. Enumerable.Range(1, slots).Select(number => number.ToString(CultureInfo.InvariantCulture))];

    private static IReadOnlyList<string>? KeyNames(DataViewSchema schema, string column, int count) =>
        schema.GetColumnOrNull(column) is { } found && KeyVocabulary.Has(found.Type) && KeyVocabulary.CountOf(found.Type) == count ? KeyVocabulary.Of(found).Names : null;
}
