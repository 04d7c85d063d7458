using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Whether a column of scored rows is an output of the trainer, or is made of its outputs.</summary>
/// <remarks>The columns are followed from each view to the view that it reads, up to the step that makes the scores.</remarks>
internal static class OutputOrigin
{
    /// <param name="scored">The scored rows.</param>
    /// <param name="column">The column, which exists.</param>
    /// <param name="scoreColumn">The score column, which exists.</param>
    public static bool IsOutput(IDataView scored, string column, string scoreColumn)
    {
        if (column == scoreColumn)
            return true;
        DataViewSchema.Column[] columns = [scored.Schema[column]], scores = [scored.Schema[scoreColumn]];
        uint? set = ScoreColumns.SetOf(scores[0]);
        for (IDataView? view = scored; view is not null; view = (view as IDataTransform)?.Source)
        {
            if (set is not null && columns.Any(each => ScoreColumns.SetOf(each) == set))
                return true;
            DataViewSchema.Column[]? readColumns = Read(view, columns), readScores = Read(view, scores);
            if (readColumns is null || readScores is null)
                return false;
            if (scores.Any(score => ScoreColumns.SetOf(score) is not null && IsMade(score, readScores)))
                return columns.Any(each => IsMade(each, readColumns));
            (columns, scores) = (readColumns, readScores);
        }

        return false;
    }

    // The columns of the view before that columns of this view are made of; null where that is unknown.
    private static DataViewSchema.Column[]? Read(IDataView view, DataViewSchema.Column[] columns) => view switch
    {
        IRowToRowMapper mapper => [.. mapper.GetDependencies(columns)],
        IDataTransform { Source: { } source } when source.Schema.Count == view.Schema.Count => [.. columns.Select(column => source.Schema[column.Index])],
        _ => null,
    };

    private static bool IsMade(DataViewSchema.Column column, DataViewSchema.Column[] read) => !read.Any(each => each.Name == column.Name && each.Type.Equals(column.Type));
}
