using MetaML.Options;

namespace MetaML;

/// <summary>Options of a step that embeds texts.</summary>
public sealed record TextEmbeddingOptions
{
    /// <summary>Number of texts in one call of the generator.</summary>
    /// <value>From 1 to 65,536; default 64.</value>
    public int BatchSize { get; set; } = 64;

    /// <summary>The largest number of calls of the generator at one time.</summary>
    /// <value>From 1 to 1,024; default 4.</value>
    public int MaximumConcurrentCalls { get; set; } = 4;

    /// <summary>The largest number of characters of a text. The rest of a longer text is ignored.</summary>
    /// <value>At least 1; default 32,768. Many models read less than this.</value>
    public int MaximumTextLength { get; set; } = 32_768;

    /// <summary>The largest number of embeddings in memory. If there are more texts, embeddings are computed again, or read from <see cref="CacheFolder"/>.</summary>
    /// <value>At least 1; default 100,000.</value>
    public int CacheSize { get; set; } = 100_000;

    /// <summary>The folder in which embeddings are kept between runs of the program: one file for each text, named by a hash of the model and the text.</summary>
    /// <value>Null (default) for none. Several programs may use one folder.</value>
    public string? CacheFolder { get; set; }

    /// <summary>Number of values of an embedding.</summary>
    /// <value>At least 1; null (default) for the number of the generator. A generator that can shorten its embeddings is asked for this number.</value>
    public int? Dimension { get; set; }

    /// <summary>Stops the calls of the generator.</summary>
    /// <value>Default: none.</value>
    public CancellationToken CancellationToken { get; set; }

    internal void Validate()
    {
        OptionCheck.InRange(this, nameof(BatchSize), BatchSize, 1, 65_536);
        OptionCheck.InRange(this, nameof(MaximumConcurrentCalls), MaximumConcurrentCalls, 1, 1024);
        OptionCheck.InRange(this, nameof(MaximumTextLength), MaximumTextLength, 1, int.MaxValue);
        OptionCheck.InRange(this, nameof(CacheSize), CacheSize, 1, int.MaxValue);
        OptionCheck.NotBlank(this, nameof(CacheFolder), CacheFolder);
        OptionCheck.AtLeast(this, nameof(Dimension), Dimension, 1);
    }
}
