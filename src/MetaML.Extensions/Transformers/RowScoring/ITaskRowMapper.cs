using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Makes output columns of rows that are read.</summary>
internal interface ITaskRowMapper : IRowMapper
{
    /// <summary>Reads rows as the outputs need them.</summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="isBlock">Whether rows are added by the caller.</param>
    TaskRowReader CreateReader(DataViewRow row, bool isBlock);

    /// <summary>A getter for each active output column, null for the others; and what scores the reader's rows for them.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="activeOutput">At least one is.</param>
    (Delegate[] Getters, TaskRowScorer[] Scorers) CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput);
}
