using System.IO.Compression;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Persistence;

/// <summary>Loads a model from a file that is not trusted. ML.NET reads a copy that contains only checked entries.</summary>
internal static class CheckedModel
{
    private const string Root = "TransformerChain", Schema = "Schema";

    /// <summary>Checks the file and loads the model.</summary>
    /// <exception cref="InvalidDataException">The file is not a model, is damaged, or exceeds a limit.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static ITransformer Load(IHostEnvironment env, Stream file, CheckedLoadOptions options, out DataViewSchema? inputSchema)
    {
        Dictionary<string, byte[]> entries = ModelArchive.Read(file, options);
        var walk = new ModelWalk(entries, options);
        if (entries.TryGetValue(Schema, out byte[]? schema))
        {
            SchemaCheck.Check(Schema, schema, walk.Budget);
            walk.MarkChecked(Schema);
        }

        walk.Visit(Root, LoaderFormat.Transformers);
        walk.RemoveUncheckedEntries();
        entries.Remove(Schema);
        foreach (Assembly assembly in walk.Assemblies)
            env.ComponentCatalog.RegisterAssembly(assembly);

        using MemoryStream copy = Zip(entries);
        try
        {
            // The stream must stay open: the schema reads its annotations from it later.
            inputSchema = schema is null ? null : new BinaryLoader(env, new BinaryLoader.Arguments(), new MemoryStream(schema)).Schema;
            using RepositoryReader repository = RepositoryReader.Open(copy, env, useFileSystem: false);
            ModelLoadContext.LoadModel<ITransformer, SignatureLoadModel>(env, out ITransformer model, repository, Root);
            return model;
        }
        catch (Exception error) when (error is not (InvalidDataException or EndOfStreamException or OutOfMemoryException))
        {
            throw Innermost(error) is InvalidDataException or EndOfStreamException
                ? new InvalidDataException($"The model cannot be loaded: {Innermost(error).Message}", error)
                : new InvalidDataException("The file has the format of a model, but one of its steps cannot be loaded. The file is damaged.", error);
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
                entries.Remove(name); // at most one entry is in memory twice
            }
        }

        stream.Position = 0;
        return stream;
    }

    // Reflection wraps the exception of a loader.
    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
            error = inner;
        return error;
    }
}
