using MetaML;
using Microsoft.Extensions.AI;

namespace Microsoft.ML;

/// <summary>Embeddings of Microsoft.Extensions.AI as steps of a pipeline.</summary>
public static class TextEmbeddingExtensions
{
    /// <summary>Creates a step that makes features of texts by an embedding generator.</summary>
    /// <param name="catalog">The catalog: ml.MetaLearning().</param>
    /// <param name="generator">The generator. The step does not dispose it. It must allow as many calls at once as <see cref="TextEmbeddingOptions.MaximumConcurrentCalls"/> says.</param>
    /// <param name="outputColumnName">The output column: a vector of Single.</param>
    /// <param name="inputColumnName">The input column: text; null for the name of the output column.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <remarks>
    /// <para>An empty text has an embedding of zeros. Each text is embedded once, however often ML.NET reads the data. Retries after errors are the task of the generator.</para>
    /// <para>A model with this step can be saved if the generator has a name: see <see cref="EmbeddingGenerators.Register"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <example>
    /// <code>
    /// EmbeddingGenerators.Register("messages", generator);
    /// var pipeline = ml.MetaLearning().TextEmbedding(generator, "Features", "Text")
    ///     .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Intent"))
    ///     .Append(ml.MulticlassClassification.Trainers.MetaLearner());
    /// </code>
    /// </example>
    public static TextEmbeddingEstimator TextEmbedding(
        this MetaLearningCatalog catalog,
        IEmbeddingGenerator<string, Embedding<float>> generator,
        string outputColumnName,
        string? inputColumnName = null,
        TextEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        options ??= new TextEmbeddingOptions();
        options.Validate();
        return new TextEmbeddingEstimator(catalog.Context, generator, outputColumnName, inputColumnName ?? outputColumnName, options with { });
    }
}
