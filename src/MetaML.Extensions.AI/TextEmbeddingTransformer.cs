using System.Runtime.CompilerServices;
using MetaML;
using MetaML.Extensions.AI;
using MetaML.Extensions.AI.Texts;
using MetaML.Extensions.Transformers;
using MetaML.Files;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: LoadableClass(typeof(TextEmbeddingTransformer), null, typeof(SignatureLoadModel), "Text embedding", TextEmbeddingTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Adds the embedding of a text column. An empty text has an embedding of zeros.</summary>
/// <remarks>Safe for several threads, if the generator is. All threads share the embeddings that are in memory.</remarks>
public sealed class TextEmbeddingTransformer : RowToRowTransformerBase, ITransformer
{
    internal const string LoaderSignature = "TextEmbedding";
    private static readonly TransformerFormat s_format = new(typeof(TextEmbeddingTransformer), "METATEXT", LoaderSignature);

    private readonly TextEmbedder _embedder;

    internal TextEmbeddingTransformer(IHostEnvironment env, TextEmbedder embedder, int dimension, string outputColumnName, string inputColumnName)
        : base(env.Register(LoaderSignature))
    {
        _embedder = embedder;
        EmbeddingDimension = dimension;
        OutputColumnName = outputColumnName;
        InputColumnName = inputColumnName;
    }

    /// <summary>The text column.</summary>
    public string InputColumnName { get; }

    /// <summary>The output column: a vector of Single.</summary>
    public string OutputColumnName { get; }

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension { get; }

    /// <summary>The name that the generator gives its model; empty if it gives none.</summary>
    public string ModelId => _embedder.ModelId;

    /// <summary>Adds the embeddings to the rows. Texts are read ahead and embedded many at a time.</summary>
    /// <param name="input">Data with the text column.</param>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        IRowMapper mapper = MakeRowMapper(input.Schema);
        return new TextEmbeddingView(Host, new RowToRowMapperTransform(Host, input, mapper, MakeRowMapper), mapper.GetOutputColumns(), this);
    }

    /// <summary>Creates the embeddings of a cursor's rows.</summary>
    internal TextBlock CreateBlock(DataViewRow row, IDataView? ahead) => new(row, _embedder, InputColumnName, ahead);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        string name = EmbeddingGenerators.NameOf(_embedder.Generator)
            ?? throw new InvalidOperationException($"An embedding generator must have a name before a model with it is saved; got one of type {_embedder.Generator.GetType().Name} without a name. A program that loads the model could not find it. Call EmbeddingGenerators.Register(\"name\", generator).");

        // *** Binary format ***
        // string: text column, output column, name of the generator, name of its model
        // int: number of values of an embedding, largest number of characters of a text
        s_format.Write(ctx);
        ctx.Writer.Write(InputColumnName);
        ctx.Writer.Write(OutputColumnName);
        ctx.Writer.Write(name);
        ctx.Writer.Write(ModelId);
        ctx.Writer.Write(EmbeddingDimension);
        ctx.Writer.Write(_embedder.MaximumTextLength);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static TextEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        s_format.Check(ctx);
        string input = BinaryFormat.ReadName(ctx.Reader), output = BinaryFormat.ReadName(ctx.Reader), name = BinaryFormat.ReadName(ctx.Reader), model = BinaryFormat.ReadName(ctx.Reader);
        int dimension = ctx.Reader.ReadInt32(), length = ctx.Reader.ReadInt32();
        if (dimension < 1 || length < 1)
            throw new InvalidDataException($"A saved text embedding must have a positive dimension and length of texts; got {dimension} and {length}. The file is damaged.");

        var (generator, options) = EmbeddingGenerators.Find(name);
        var embedder = new TextEmbedder(generator, options with { MaximumTextLength = length });
        if (embedder.ModelId != model || (embedder.Dimension ?? dimension) != dimension)
            throw new InvalidOperationException($"The embedding generator '{name}' must be of the model that the file was saved with, '{model}' with {dimension} values; got '{embedder.ModelId}' with {embedder.Dimension?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number"}. Embeddings of another model mean something else. Register a generator of that model{(embedder.ModelId == model ? $", with TextEmbeddingOptions.Dimension = {dimension}" : "")}.");
        return new TextEmbeddingTransformer(env, embedder, dimension, output, input);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        TextColumn.Check(schema, InputColumnName);
        return new Mapper(this, schema);
    }

    // Embeds row by row, for rows that cannot be read ahead.
    private sealed class Mapper(TextEmbeddingTransformer parent, DataViewSchema schema) : MapperBase(parent.Host.Register(nameof(Mapper)), schema, parent)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() => [new(parent.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, parent.EmbeddingDimension))];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return parent.CreateBlock(input, null).Getter(parent.EmbeddingDimension); // it reads nothing ahead, so that there is nothing to dispose
        }

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            int text = InputSchema[parent.InputColumnName].Index;
            return index => index == text && activeOutput(0);
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);
    }
}
