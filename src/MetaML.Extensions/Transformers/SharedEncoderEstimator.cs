using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>A learned encoder as a step of a pipeline: there is nothing left to fit.</summary>
public sealed class SharedEncoderEstimator : IEstimator<SharedEncoderTransformer>
{
    private readonly SharedEncoderTransformer _transformer;

    internal SharedEncoderEstimator(SharedEncoderTransformer transformer) => _transformer = transformer;

    /// <summary>The encoder as it is.</summary>
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
        return Promise(inputSchema, _transformer.OutputColumnName);
    }

    /// <summary>The schema with an embedding.</summary>
    internal static SchemaShape Promise(SchemaShape input, string output)
    {
        var columns = input.ToDictionary(column => column.Name);
        columns[output] = new SchemaShape.Column(output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false);
        return new SchemaShape(columns.Values);
    }
}
