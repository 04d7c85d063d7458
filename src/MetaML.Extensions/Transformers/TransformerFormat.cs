using Microsoft.ML;

namespace MetaML.Extensions.Transformers;

/// <summary>The saved form of one of this package's transformers: the one place of its signatures and versions.</summary>
/// <param name="Transformer">The type that ML.NET loads.</param>
/// <param name="ModelSignature">Eight letters.</param>
/// <param name="LoaderSignature">As in the type's LoadableClass attribute.</param>
/// <param name="Written">Version that is written now, and that a reader must know.</param>
internal sealed record TransformerFormat(Type Transformer, string ModelSignature, string LoaderSignature, uint Written = TransformerFormat.First)
{
    /// <summary>The first version; all from it on can be read.</summary>
    public const uint First = 0x00010001;

    /// <summary>Tasks have their number of rows and λ.</summary>
    public const uint TasksWithRows = 0x00010002;

    private VersionInfo Version => new(
        ModelSignature,
        verWrittenCur: Written,
        verReadableCur: Written,
        verWeCanReadBack: First,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: Transformer.Assembly.FullName);

    /// <summary>Begins a saved transformer.</summary>
    public void Write(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
    }

    /// <summary>Checks the version of a saved transformer.</summary>
    /// <exception cref="InvalidDataException">It is newer.</exception>
    public void Check(ModelLoadContext ctx)
    {
        if (ctx.Header.ModelSignature == Version.ModelSignature && ctx.Header.ModelVerReadable > Written) // ML.NET's own message blames ML.NET
            throw new InvalidDataException($"The meta-learner's format version must be at most 0x{Written:x8}; got 0x{ctx.Header.ModelVerReadable:x8}. It was saved by a newer version of MetaML.Extensions. Update the package.");
        ctx.CheckAtModel(Version);
    }
}
