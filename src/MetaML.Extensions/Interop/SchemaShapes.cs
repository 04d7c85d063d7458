using Microsoft.ML;

namespace MetaML.Extensions.Interop;

/// <summary>The columns that a pipeline gives for a schema.</summary>
internal static class SchemaShapes
{
    /// <summary>Whether a column is a key after a pipeline.</summary>
    /// <param name="pipeline">The pipeline, or null.</param>
    /// <param name="schema">The schema of its input.</param>
    /// <param name="column">The column.</param>
    public static bool IsKey(IEstimator<ITransformer>? pipeline, DataViewSchema schema, string column)
    {
        SchemaShape shape = SchemaShape.Create(schema);
        return (pipeline?.GetOutputSchema(shape) ?? shape).TryFindColumn(column, out SchemaShape.Column found) && found.IsKey;
    }
}
