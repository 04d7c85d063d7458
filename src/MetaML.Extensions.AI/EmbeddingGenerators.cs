using System.Collections.Concurrent;
using MetaML.Options;
using Microsoft.Extensions.AI;

namespace MetaML;

/// <summary>The names of embedding generators in saved models. A file contains the name, never an address or a key.</summary>
public static class EmbeddingGenerators
{
    private static readonly ConcurrentDictionary<string, (IEmbeddingGenerator<string, Embedding<float>> Generator, TextEmbeddingOptions Options)> s_generators = new(StringComparer.Ordinal);

    /// <summary>Gives a generator a name. Models with this generator can then be saved, and loaded by every program that has registered a generator of the same model under this name.</summary>
    /// <param name="name">The name in saved models.</param>
    /// <param name="generator">The generator. A generator that had the name before is replaced, for models that are loaded later.</param>
    /// <param name="options">Options of steps that are loaded; null for the defaults. Length of texts and dimension come from the saved model.</param>
    /// <exception cref="ArgumentException">The name is blank, or an option is outside its range.</exception>
    public static void Register(string name, IEmbeddingGenerator<string, Embedding<float>> generator, TextEmbeddingOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(generator);
        options ??= new TextEmbeddingOptions();
        options.Validate();
        s_generators[name] = (generator, options with { });
    }

    /// <summary>The name of a generator; null if it has none.</summary>
    internal static string? NameOf(IEmbeddingGenerator<string, Embedding<float>> generator) =>
        s_generators.OrderBy(pair => pair.Key, StringComparer.Ordinal).FirstOrDefault(pair => ReferenceEquals(pair.Value.Generator, generator)).Key;

    /// <summary>The generator with a name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal static (IEmbeddingGenerator<string, Embedding<float>> Generator, TextEmbeddingOptions Options) Find(string name) => s_generators.TryGetValue(name, out var known)
        ? known
        : throw new InvalidOperationException($"The embedding generator of a saved model must be registered before the model is loaded; got '{name}', and the registered ones are {(s_generators.IsEmpty ? "none" : NameList.Of([.. s_generators.Keys.Order(StringComparer.Ordinal)]))}. Texts could not be embedded. Call EmbeddingGenerators.Register(\"{name}\", generator) when the program starts.");
}
