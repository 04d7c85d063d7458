using MetaML.Native;
using Xunit;

namespace MetaML.Core.Tests.Native;

/// <summary>A fact about TorchSharp's own library, where there is one that asks for the new version.</summary>
internal sealed class NewVersionFactAttribute : FactAttribute
{
    public static readonly string? Library = LibTorchSharpResolver.ProbedFolders().Select(folder => Path.Combine(folder, "libLibTorchSharp.so")).FirstOrDefault(File.Exists);

    public NewVersionFactAttribute()
    {
        if (Library is null || !ElfSymbolPatch.IsNeeded(File.ReadAllBytes(Library)))
            Skip = "There is no libLibTorchSharp.so here that asks for the new version: not Linux, or another backend.";
    }
}
