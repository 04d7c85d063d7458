using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>A learned encoder as a step of a pipeline. Fit does not train it further.</summary>
public sealed class SharedEncoderEstimator : IEstimator<SharedEncoderTransformer>
{
    private readonly SharedEncoderTransformer _transformer;

    internal SharedEncoderEstimator(SharedEncoderTransformer transformer) => _transformer = transformer;

    /// <summary>Checks the feature column and returns the encoder unchanged.</summary>
    /// <param name="input">Data with the feature column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public SharedEncoderTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _transformer.GetOutputSchema(input.Schema);
        return _transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _transformer.Check(inputSchema);
        return WithEmbedding(inputSchema, _transformer.OutputColumnName);
    }

    /// <summary>The schema with the embedding column.</summary>
    internal static SchemaShape WithEmbedding(SchemaShape input, string output) =>
        input.With(new SchemaShape.Column(output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false));
}
