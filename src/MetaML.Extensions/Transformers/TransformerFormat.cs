using Microsoft.ML;

namespace MetaML.Extensions.Transformers;

/// <summary>What is alike in the saved form of this package's transformers.</summary>
internal static class TransformerFormat
{
    private const uint First = 0x00010001;

    /// <summary>A transformer's place among ML.NET's saved components; all versions from the first one on can be read.</summary>
    /// <param name="transformer">The type that ML.NET loads.</param>
    /// <param name="modelSignature">Eight letters.</param>
    /// <param name="loaderSignature">What its LoadableClass attribute says.</param>
    /// <param name="written">Version that is written now, and that a reader must know.</param>
    public static VersionInfo Version(Type transformer, string modelSignature, string loaderSignature, uint written = First) => new(
        modelSignature,
        verWrittenCur: written,
        verReadableCur: written,
        verWeCanReadBack: First,
        loaderSignature: loaderSignature,
        loaderAssemblyName: transformer.Assembly.FullName);

    /// <summary>Checks the version of a saved transformer.</summary>
    /// <exception cref="InvalidDataException">It is newer.</exception>
    public static void CheckVersion(ModelLoadContext ctx, VersionInfo version)
    {
        if (ctx.Header.ModelSignature == version.ModelSignature && ctx.Header.ModelVerReadable > version.VerWrittenCur) // ML.NET's own message blames ML.NET
            throw new InvalidDataException($"The meta-learner's format version must be at most 0x{version.VerWrittenCur:x8}; got 0x{ctx.Header.ModelVerReadable:x8}. It was saved by a newer version of MetaML.Extensions. Update the package.");
        ctx.CheckAtModel(version);
    }
}
