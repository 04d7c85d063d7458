using System.Numerics.Tensors;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Reads what a model made of rows: Score, Probability, and which class a slot of the score is.</summary>
/// <remarks>Classes are matched by name, since a model that was fitted to few rows numbers them in its own way and knows only some.</remarks>
internal sealed class ScoreReader(string scoreColumn = DefaultColumnNames.Score, string probabilityColumn = DefaultColumnNames.Probability, string predictedLabelColumn = DefaultColumnNames.PredictedLabel)
{
    /// <summary>The score column.</summary>
    public string ScoreColumn => scoreColumn;

    /// <summary>Reads the scores of rows into their tasks.</summary>
    /// <param name="scored">One row for each of the given ones, in their order.</param>
    /// <param name="rows">Tasks and labels.</param>
    /// <param name="positions">For each scored row, its number among the labelled rows; null where they are the same.</param>
    /// <param name="tasks">By the task's number; receives the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The numbers of rows differ.</exception>
    public void Read(IDataView scored, LabeledRows rows, IReadOnlyList<int>? positions, TaskScores[] tasks)
    {
        int count = positions?.Count ?? rows.Labels.Length, row = 0;
        using DataViewRowCursor cursor = scored.GetRowCursor(Columns(scored.Schema, rows.Kind));
        Action<float, TaskScores> add = rows.Kind switch
        {
            LabelKind.Multiclass => Multiclass(cursor, rows.ClassNames),
            LabelKind.Binary => Binary(cursor),
            _ => Value(cursor),
        };
        while (cursor.MoveNext() && row < count)
        {
            int position = positions?[row] ?? row;
            row++;
            if (!float.IsNaN(rows.Labels[position]))
                add(rows.Labels[position], tasks[rows.TaskOfRow[position]]);
        }

        if (row < count || cursor.Position >= 0)
            throw new InvalidOperationException($"Scoring must give one row for each of the {count} rows; got {(row < count ? row : "more")}. Rows cannot be matched with their labels. Leave steps that filter or add rows out of the pipeline.");
    }

    private IEnumerable<DataViewSchema.Column> Columns(DataViewSchema schema, LabelKind kind)
    {
        string expected = kind == LabelKind.Multiclass ? "known-size vector of Single" : "Single";
        DataViewType type = ColumnNames.Find(schema, "score", scoreColumn, expected);
        bool fits = kind == LabelKind.Multiclass ? type is VectorDataViewType { Size: > 0 } vector && vector.ItemType == NumberDataViewType.Single : type == NumberDataViewType.Single;
        if (!fits)
            throw ColumnNames.Mismatch(schema, "score", scoreColumn, expected, type);
        yield return schema[scoreColumn];
        if (kind == LabelKind.Binary && Probability(schema) is { } probability)
            yield return probability;
    }

    private DataViewSchema.Column? Probability(DataViewSchema schema) =>
        schema.GetColumnOrNull(probabilityColumn) is { } column && column.Type == NumberDataViewType.Single ? column : null;

    private Action<float, TaskScores> Value(DataViewRow row)
    {
        ValueGetter<float> getScore = row.GetGetter<float>(row.Schema[scoreColumn]);
        float score = 0;
        return (label, task) =>
        {
            getScore(ref score);
            Add(task, label, score, float.NaN);
        };
    }

    private Action<float, TaskScores> Binary(DataViewRow row)
    {
        ValueGetter<float> getScore = row.GetGetter<float>(row.Schema[scoreColumn]);
        ValueGetter<float>? getProbability = Probability(row.Schema) is { } column ? row.GetGetter<float>(column) : null;
        float score = 0, probability = float.NaN;
        return (label, task) =>
        {
            getScore(ref score);
            getProbability?.Invoke(ref probability);
            Add(task, label, score, probability);
        };
    }

    private Action<float, TaskScores> Multiclass(DataViewRow row, IReadOnlyList<string> classes)
    {
        DataViewSchema.Column column = row.Schema[scoreColumn];
        ValueGetter<VBuffer<float>> getScores = row.GetGetter<VBuffer<float>>(column);
        int slots = ColumnTypes.VectorSize(column.Type);
        int[] classOfSlot = ClassOfSlot(row.Schema, slots, classes);
        Dictionary<int, int> slotOfClass = classOfSlot.Select((number, slot) => (number, slot)).Where(pair => pair.number >= 0).ToDictionary(pair => pair.number, pair => pair.slot);
        VBuffer<float> buffer = default;
        float[] scores = new float[slots];
        return (label, task) =>
        {
            getScores(ref buffer);
            buffer.CopyTo(scores);
            int best = TensorPrimitives.IndexOfMax<float>(scores);
            bool isFinite = FiniteNumbers.AreAll<float>(scores);
            Add(task, label, isFinite ? classOfSlot[best] : float.NaN, slotOfClass.TryGetValue((int)label, out int slot) ? scores[slot] : 0);
        };
    }

    // −1: the model's class is none of the labels'.
    private int[] ClassOfSlot(DataViewSchema schema, int slots, IReadOnlyList<string> classes)
    {
        if (schema.GetColumnOrNull(predictedLabelColumn) is { Type: KeyDataViewType } predicted)
        {
            IReadOnlyList<string> names = KeyVocabulary.Of(predicted).Names;
            if (names.Count == slots)
            {
                Dictionary<string, int> numbers = classes.Select((name, number) => (name, number)).ToDictionary(pair => pair.name, pair => pair.number);
                return [.. names.Select(name => numbers.GetValueOrDefault(name, -1))];
            }
        }

        return [.. Enumerable.Range(0, slots)];
    }

    private static void Add(TaskScores task, float label, float score, float probability)
    {
        if (!float.IsFinite(score))
        {
            task.Unscored++;
            return;
        }

        task.Labels.Add(label);
        task.Scores.Add(score);
        task.Probabilities.Add(probability);
    }
}
