using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace MetaML.Benchmarks.Quality;

/// <summary>A drawing of a character, black on white, as its file has it.</summary>
internal sealed class OmniglotDrawing
{
    /// <summary>The height and width in pixels.</summary>
    public const int Side = 105;

    public string Alphabet { get; set; } = "";

    public string Character { get; set; } = "";

    [ImageType(Side, Side)]
    public MLImage? Image { get; set; }

    /// <summary>Reads an archive with PNG files in folders Alphabet/characterNN.</summary>
    public static IEnumerable<OmniglotDrawing> Read(string archive)
    {
        using ZipArchive zip = ZipFile.OpenRead(archive);
        foreach (ZipArchiveEntry entry in zip.Entries.Where(entry => entry.Name.EndsWith(".png", StringComparison.Ordinal)).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            using Stream stream = entry.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            memory.Position = 0;
            string[] path = entry.FullName.Split('/');
            yield return new OmniglotDrawing { Alphabet = path[^3], Character = path[^2], Image = MLImage.CreateFromStream(memory) };
        }
    }
}
