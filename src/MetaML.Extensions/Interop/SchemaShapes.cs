using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>The columns that a pipeline gives for a schema.</summary>
internal static class SchemaShapes
{
    private const string Mark = "MetaML.Unchanged";

    /// <summary>The columns of a schema, with some that a step makes. A column of the same name is replaced.</summary>
    /// <param name="input">The schema.</param>
    /// <param name="made">The columns that the step makes.</param>
    public static SchemaShape With(this SchemaShape input, params IEnumerable<SchemaShape.Column> made)
    {
        var columns = input.ToDictionary(column => column.Name);
        foreach (SchemaShape.Column column in made)
            columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    /// <summary>Whether a column is a key after a pipeline.</summary>
    /// <param name="pipeline">The pipeline, or null.</param>
    /// <param name="schema">The schema of its input.</param>
    /// <param name="column">The column.</param>
    public static bool IsKey(IEstimator<ITransformer>? pipeline, DataViewSchema schema, string column)
    {
        SchemaShape shape = SchemaShape.Create(schema);
        return (pipeline?.GetOutputSchema(shape) ?? shape).TryFindColumn(column, out SchemaShape.Column found) && found.IsKey;
    }

    /// <summary>Whether a step makes a column, or replaces it by another one of the same name.</summary>
    /// <param name="step">The step.</param>
    /// <param name="input">Its input.</param>
    /// <param name="column">The column.</param>
    /// <param name="output">Its output.</param>
    /// <remarks>A column that a step does not change keeps its type and its annotations. The column of the input gets an annotation as a mark.</remarks>
    public static bool Makes(IEstimator<ITransformer> step, SchemaShape input, string column, out SchemaShape output)
    {
        output = step.GetOutputSchema(new SchemaShape(input.Select(each => each.Name == column ? Marked(each) : each)));
        return output.TryFindColumn(column, out SchemaShape.Column found) && !(IsMarked(found) && input.TryFindColumn(column, out SchemaShape.Column before) && IsSameType(before, found));
    }

    private static bool IsSameType(SchemaShape.Column one, SchemaShape.Column other) => one.Kind == other.Kind && one.IsKey == other.IsKey && one.ItemType.Equals(other.ItemType);

    private static bool IsMarked(SchemaShape.Column column) => column.Annotations.TryFindColumn(Mark, out _);

    private static SchemaShape.Column Marked(SchemaShape.Column column) => IsMarked(column) ? column : new(
        column.Name,
        column.Kind,
        column.ItemType,
        column.IsKey,
        new SchemaShape(column.Annotations.Append(new SchemaShape.Column(Mark, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, false))));
}
