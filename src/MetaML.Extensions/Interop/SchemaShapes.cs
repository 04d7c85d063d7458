using Microsoft.ML;

namespace MetaML.Extensions.Interop;

/// <summary>What a pipeline will make of a schema.</summary>
internal static class SchemaShapes
{
    /// <summary>Whether a column is a key after a pipeline.</summary>
    /// <param name="pipeline">Null for none.</param>
    /// <param name="schema">What the pipeline is given.</param>
    /// <param name="column">The column.</param>
    public static bool IsKey(IEstimator<ITransformer>? pipeline, DataViewSchema schema, string column)
    {
        SchemaShape shape = SchemaShape.Create(schema);
        return (pipeline?.GetOutputSchema(shape) ?? shape).TryFindColumn(column, out SchemaShape.Column found) && found.IsKey;
    }
}
