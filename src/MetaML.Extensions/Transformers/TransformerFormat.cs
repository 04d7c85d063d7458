using Microsoft.ML;

namespace MetaML.Extensions.Transformers;

/// <summary>The file format of one of this package's transformers: its signatures and versions.</summary>
/// <param name="Transformer">The type that ML.NET loads.</param>
/// <param name="ModelSignature">Eight letters at the start of the saved transformer.</param>
/// <param name="LoaderSignature">The signature in the type's LoadableClass attribute.</param>
/// <param name="Written">The version that is written. A reader must know it.</param>
internal sealed record TransformerFormat(Type Transformer, string ModelSignature, string LoaderSignature, uint Written = TransformerFormat.First)
{
    /// <summary>The first version. It and all later versions can be read.</summary>
    public const uint First = 0x00010001;

    /// <summary>The version in which each task has its number of rows and its weight λ.</summary>
    public const uint TasksWithRows = 0x00010002;

    /// <summary>The version in which a task may have statistics of its rows.</summary>
    public const uint TasksWithStatistics = 0x00010003;

    /// <summary>The version in which the name of the column of task features follows those of the other columns.</summary>
    public const uint TaskFeatures = 0x00010004;

    /// <summary>The version in which the name of the exposure column follows that of the column of task features.</summary>
    public const uint Exposures = 0x00010005;

    /// <summary>The version in which the names of the group columns follow that of the exposure column.</summary>
    public const uint Groups = 0x00010006;

    private VersionInfo Version => new(
        ModelSignature,
        verWrittenCur: Written,
        verReadableCur: Written,
        verWeCanReadBack: First,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: Transformer.Assembly.FullName);

    /// <summary>Writes the header of a saved transformer.</summary>
    public void Write(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
    }

    /// <summary>Checks the version of a saved transformer.</summary>
    /// <returns>The version.</returns>
    /// <exception cref="InvalidDataException">The version is newer than this package.</exception>
    public uint Check(ModelLoadContext ctx)
    {
        if (ctx.Header.ModelSignature == Version.ModelSignature && ctx.Header.ModelVerReadable > Written) // ML.NET's own message would name ML.NET instead of this package
            throw new InvalidDataException($"The meta-learner's format version must be at most 0x{Written:x8}; got 0x{ctx.Header.ModelVerReadable:x8}. It was saved by a newer version of MetaML.Extensions. Update the package.");
        ctx.CheckAtModel(Version);
        return ctx.Header.ModelVerWritten;
    }
}
