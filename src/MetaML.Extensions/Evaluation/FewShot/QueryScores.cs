using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>Reads the scores of query rows, with the labels that the scores are compared with.</summary>
internal sealed class QueryScores(EvaluationRows rows)
{
    private readonly ScoreReader _reader = new();

    /// <summary>Reads the scores of rows into their tasks.</summary>
    /// <param name="scored">The output of a model: one row for each of the given rows, in their order.</param>
    /// <param name="positions">The number of each row.</param>
    /// <param name="tasks">By the number of the task; receives the rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The score column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The numbers of rows differ.</exception>
    public void Read(IDataView scored, IReadOnlyList<int> positions, TaskScores[] tasks)
    {
        LabeledRows known = rows.Rows;
        DataViewSchema.Column? label = LearnedLabel(scored);
        IEnumerable<DataViewSchema.Column> columns = _reader.Columns(scored.Schema, known.Kind);
        using DataViewRowCursor cursor = scored.GetRowCursor(label is { } read ? columns.Append(read) : columns);
        Action<int, float, TaskScores> add = _reader.Adder(cursor, rows.LabelColumnName, known.Kind, known.Classes);
        Func<float>? getLabel = label is { } column ? LabelGetter.Of(cursor, column, known.Kind, known.Classes) : null;
        int row = 0;
        while (cursor.MoveNext() && row < positions.Count)
        {
            int position = positions[row++];
            float learned = getLabel?.Invoke() ?? float.NaN; // missing if it is a class that the model does not know
            add(rows.NumberOf(position), float.IsNaN(learned) ? known.Labels[position] : learned, tasks[known.TaskOfRow[position]]);
        }

        if (row < positions.Count || cursor.Position >= 0)
            throw new InvalidOperationException($"Scoring must give one row for each of the {positions.Count} rows; got {(row < positions.Count ? row : "more")}. Rows cannot be matched with their labels. Leave steps that filter or add rows out of the pipeline.");
    }

    // The label as the steps of the fitted pipeline make it, in the units of the scores; null if it is gone, or is an output of the trainer.
    private DataViewSchema.Column? LearnedLabel(IDataView scored)
    {
        string label = rows.LabelColumnName;
        return scored.Schema.GetColumnOrNull(_reader.ScoreColumn) is not null
            && LabelKinds.Find(scored.Schema, label, _reader.ScoreColumn) == rows.Rows.Kind
            && !OutputOrigin.IsOutput(scored, label, _reader.ScoreColumn)
                ? scored.Schema[label]
                : null;
    }
}
