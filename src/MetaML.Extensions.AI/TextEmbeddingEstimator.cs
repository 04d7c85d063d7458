using MetaML.Extensions.AI.Texts;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>A step that makes features of texts by an embedding generator. Fit learns nothing. It only finds the length of an embedding.</summary>
public sealed class TextEmbeddingEstimator : IEstimator<TextEmbeddingTransformer>
{
    private readonly MLContext _context;
    private readonly TextEmbedder _embedder; // shared by all fits, so that each text is embedded once
    private readonly string _output, _input;

    internal TextEmbeddingEstimator(MLContext context, IEmbeddingGenerator<string, Embedding<float>> generator, string outputColumnName, string inputColumnName, TextEmbeddingOptions options)
    {
        _context = context;
        _embedder = new TextEmbedder(generator, options);
        _output = outputColumnName;
        _input = inputColumnName;
    }

    /// <summary>Returns the step. If the generator does not tell the length of its embeddings, the first text is embedded.</summary>
    /// <param name="input">Data with the text column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The generator failed, or there is no text.</exception>
    public TextEmbeddingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TextColumn.Check(input.Schema, _input);
        return new TextEmbeddingTransformer(_context, _embedder, _embedder.Dimension ?? Measure(input), _output, _input);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        TextColumn.Check(inputSchema, _input);
        return SharedEncoderEstimator.WithEmbedding(inputSchema, _output);
    }

    private int Measure(IDataView input)
    {
        using DataViewRowCursor cursor = input.GetRowCursor(input.Schema[_input]);
        ValueGetter<ReadOnlyMemory<char>> get = cursor.GetGetter<ReadOnlyMemory<char>>(input.Schema[_input]);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            get(ref text);
            if (_embedder.Limit(text) is { Length: > 0 } limited)
                return _embedder.Embed([(limited, cursor.Position)], _input)[limited].Length;
        }

        throw new InvalidOperationException($"Column '{_input}' must have a text that is not empty; got none. The generator does not tell the length of its embeddings, so that it must be found from a text. Check filters, or set TextEmbeddingOptions.Dimension.");
    }
}
