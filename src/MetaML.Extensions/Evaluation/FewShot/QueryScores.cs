using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>Reads the scores of query rows, together with their labels.</summary>
internal sealed class QueryScores(EvaluationRows rows)
{
    private readonly ScoreReader _reader = new();

    /// <summary>Adds the scores and labels of rows to their tasks.</summary>
    /// <param name="scored">The output of a model: one row for each of the given rows, in the same order.</param>
    /// <param name="positions">The number of each row.</param>
    /// <param name="tasks">Receives the rows of each task, by the number of the task.</param>
    /// <exception cref="ArgumentOutOfRangeException">The score column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The numbers of rows differ.</exception>
    public void Read(IDataView scored, IReadOnlyList<int> positions, TaskScores[] tasks)
    {
        LabeledRows labeled = rows.Rows;
        DataViewSchema.Column? label = LearnedLabel(scored);
        IEnumerable<DataViewSchema.Column> columns = _reader.Columns(scored.Schema, labeled.Kind);
        using DataViewRowCursor cursor = scored.GetRowCursor(label is { } learned ? columns.Append(learned) : columns);
        Action<int, float, TaskScores> add = _reader.Adder(cursor, rows.LabelColumnName, labeled.Kind, labeled.Classes);
        Func<float>? getLabel = label is { } column ? LabelGetter.Of(cursor, column, labeled.Kind, labeled.Classes) : null;
        int row = 0;
        while (cursor.MoveNext() && row < positions.Count)
        {
            int position = positions[row++];
            float value = getLabel?.Invoke() ?? float.NaN; // missing if the model does not know the class
            add(rows.NumberOf(position), float.IsNaN(value) ? labeled.Labels[position] : value, tasks[labeled.TaskOfRow[position]]);
        }

        if (row < positions.Count || cursor.Position >= 0)
            throw new InvalidOperationException($"Scoring must give one row for each of the {positions.Count} rows; got {(row < positions.Count ? row : "more")}. Rows cannot be matched with their labels. Leave steps that filter or add rows out of the pipeline.");
    }

    // The label as the steps of the fitted pipeline make it, in the units of the scores. Null if the scored rows have no such
    // column, or if it is an output of the trainer.
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
