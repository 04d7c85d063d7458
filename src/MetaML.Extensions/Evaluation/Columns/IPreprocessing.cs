using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The steps of a pipeline or of a model that can make the label, task or time column.</summary>
internal interface IPreprocessing
{
    /// <summary>The label column that the trainer learns; null if it is unknown.</summary>
    string? LabelColumnName { get; }

    /// <summary>The Task column that the trainer reads; null if it is unknown, or if there is none.</summary>
    string? TaskColumnName { get; }

    /// <summary>Applies the steps that make a column.</summary>
    /// <param name="context">The context.</param>
    /// <param name="data">The rows before any step.</param>
    /// <param name="column">The column.</param>
    /// <param name="isTrainerIncluded">Whether a step that contains a trainer may be fitted too. This is slow. It is necessary only for an estimator that wraps a whole pipeline.</param>
    /// <returns>The rows after these steps; null if no step before the trainer makes the column.</returns>
    IDataView? Make(MLContext context, IDataView data, string column, bool isTrainerIncluded);
}
