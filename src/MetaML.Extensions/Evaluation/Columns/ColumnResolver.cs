using MetaML.Extensions.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>Finds the columns that an evaluation reads: in the data, or made by a step of a pipeline.</summary>
/// <param name="context">The context.</param>
/// <param name="data">The rows before any step.</param>
/// <param name="pipelines">The pipelines that are evaluated.</param>
internal sealed class ColumnResolver(MLContext context, IDataView data, IReadOnlyList<IPreprocessing> pipelines)
{
    /// <summary>The label column. If the column holds no labels, such as text with yes and no, the result is the label column that a trainer learns.</summary>
    public SourceColumn Label(string name) => Find(name, pipeline => pipeline.LabelColumnName, column => LabelKinds.Find(column.View.Schema, column.Name));

    /// <summary>The Task column. If the column has another type, such as integers, the result is the Task column that a trainer reads.</summary>
    public SourceColumn Task(string name) => Find<bool>(name, pipeline => pipeline.TaskColumnName, column => ColumnNames.IsTask(column.View.Schema.GetColumnOrNull(column.Name)?.Type) ? true : null);

    /// <summary>The time column.</summary>
    public SourceColumn Time(string name) => Made(name, isTrainerIncluded: false) ?? new SourceColumn(data, name);

    // If the resulting column cannot be used, the reader of the column throws an error with the reason.
    private SourceColumn Find<T>(string name, Func<IPreprocessing, string?> trainerColumn, Func<SourceColumn, T?> kindOf)
        where T : struct
    {
        var raw = new SourceColumn(data, name);
        if (Made(name, isTrainerIncluded: false) is { } made)
            return made;
        if (data.Schema.GetColumnOrNull(name) is not null && !pipelines.Any(pipeline => trainerColumn(pipeline) == name))
        {
            foreach (string other in pipelines.Select(trainerColumn).OfType<string>())
            {
                if (Made(other, isTrainerIncluded: false) is { } column && kindOf(column) is { } found && !found.Equals(kindOf(raw)))
                    return column;
            }
        }

        return kindOf(raw) is null && Made(name, isTrainerIncluded: true) is { } wrapped ? wrapped : raw;
    }

    private SourceColumn? Made(string name, bool isTrainerIncluded) => pipelines
        .Select(pipeline => pipeline.Make(context, data, name, isTrainerIncluded)).FirstOrDefault(view => view?.Schema.GetColumnOrNull(name) is not null) is { } made
            ? new SourceColumn(made, name)
            : null;
}
