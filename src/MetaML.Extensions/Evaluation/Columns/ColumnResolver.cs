using MetaML.Extensions.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>Finds the columns that an evaluation reads: in the data, or made by a step of a pipeline.</summary>
/// <param name="context">The context.</param>
/// <param name="data">The rows before any step.</param>
/// <param name="pipelines">The pipelines that are evaluated.</param>
internal sealed class ColumnResolver(MLContext context, IDataView data, IReadOnlyList<IPreprocessing> pipelines)
{
    /// <summary>The label. A column without labels, such as text of yes and no, stands for the label that a trainer learns.</summary>
    public SourceColumn Label(string name) => Find(name, pipeline => pipeline.LabelColumnName, column => LabelKinds.Find(column.View.Schema, column.Name));

    /// <summary>The task. A column of another type, such as integers, stands for the Task column that a trainer reads.</summary>
    public SourceColumn Task(string name) => Find<bool>(name, pipeline => pipeline.TaskColumnName, column => ColumnNames.IsTask(column.View.Schema.GetColumnOrNull(column.Name)?.Type) ? true : null);

    /// <summary>The time.</summary>
    public SourceColumn Time(string name) => Made(name, isTrainerIncluded: false) ?? new SourceColumn(data, name);

    // If the column cannot be used, its reader says why.
    private SourceColumn Find<T>(string name, Func<IPreprocessing, string?> learned, Func<SourceColumn, T?> use)
        where T : struct
    {
        var raw = new SourceColumn(data, name);
        if (Made(name, isTrainerIncluded: false) is { } made)
            return made;
        if (data.Schema.GetColumnOrNull(name) is not null && !pipelines.Any(pipeline => learned(pipeline) == name))
        {
            foreach (string other in pipelines.Select(learned).OfType<string>())
            {
                if (Made(other, isTrainerIncluded: false) is { } column && use(column) is { } found && !found.Equals(use(raw)))
                    return column;
            }
        }

        return use(raw) is null && Made(name, isTrainerIncluded: true) is { } wrapped ? wrapped : raw;
    }

    private SourceColumn? Made(string name, bool isTrainerIncluded) => pipelines
        .Select(pipeline => pipeline.Make(context, data, name, isTrainerIncluded)).FirstOrDefault(view => view?.Schema.GetColumnOrNull(name) is not null) is { } made
            ? new SourceColumn(made, name)
            : null;
}
