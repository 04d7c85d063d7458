using System.IO.Compression;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Persistence;

/// <summary>Loads a model from a file that is not trusted: what ML.NET reads is a copy that holds nothing unchecked.</summary>
internal static class CheckedModel
{
    private const string Root = "TransformerChain", Schema = "Schema";

    /// <summary>Checks, and loads.</summary>
    /// <exception cref="InvalidDataException">The file is no model, is damaged, or exceeds a limit.</exception>
    /// <exception cref="EndOfStreamException">Data end too early.</exception>
    public static ITransformer Load(IHostEnvironment env, Stream file, CheckedLoadOptions options, out DataViewSchema? inputSchema)
    {
        Dictionary<string, byte[]> entries = ModelArchive.Read(file, options);
        var walk = new ModelWalk(entries, options);
        if (entries.TryGetValue(Schema, out byte[]? schema))
        {
            SchemaCheck.Check(Schema, schema, walk.Budget);
            walk.Keep(Schema);
        }

        walk.Visit(Root, LoaderFormat.Transformers);
        walk.DropTheRest();
        entries.Remove(Schema);
        foreach (Assembly assembly in walk.Assemblies)
            env.ComponentCatalog.RegisterAssembly(assembly);

        using MemoryStream copy = Zip(entries);
        try
        {
            // The stream stays with the schema, whose annotations are read when they are asked for.
            inputSchema = schema is null ? null : new BinaryLoader(env, new BinaryLoader.Arguments(), new MemoryStream(schema)).Schema;
            using RepositoryReader repository = RepositoryReader.Open(copy, env, useFileSystem: false);
            ModelLoadContext.LoadModel<ITransformer, SignatureLoadModel>(env, out ITransformer model, repository, Root);
            return model;
        }
        catch (Exception error) when (error is not (InvalidDataException or EndOfStreamException or OutOfMemoryException))
        {
            throw Innermost(error) is InvalidDataException or EndOfStreamException
                ? new InvalidDataException($"The model cannot be loaded: {Innermost(error).Message}", error)
                : new InvalidDataException("The model's file is a model's in form, but a step of it cannot be loaded. The file is damaged.", error);
        }
    }

    private static MemoryStream Zip(Dictionary<string, byte[]> entries)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string name in entries.Keys.ToArray())
            {
                using Stream content = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                content.Write(entries[name]);
                entries.Remove(name); // so that no more than two copies are held at once
            }
        }

        stream.Position = 0;
        return stream;
    }

    // Reflection wraps what a loader throws.
    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error;
    }
}
