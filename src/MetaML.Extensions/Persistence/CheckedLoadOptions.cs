using System.Reflection;
using MetaML.Options;

namespace MetaML;

/// <summary>What <see cref="MetaLearningCatalog.LoadChecked(string, out Microsoft.ML.DataViewSchema, CheckedLoadOptions)"/> accepts.</summary>
public sealed record CheckedLoadOptions
{
    /// <summary>Options with their defaults.</summary>
    public CheckedLoadOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private CheckedLoadOptions(CheckedLoadOptions original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The largest total size of the file's entries, once they are decompressed, in bytes.</summary>
    /// <value>At least 0, or null (default): the file's own size and a quarter, and 8 MiB. Raise it for a file that is trusted and compresses better.</value>
    public long? MaximumUncompressedBytes { get; set; }

    /// <summary>The largest number of entries of the file.</summary>
    /// <value>At least 0; default 10,000. A chain has a few for each of its steps.</value>
    public int MaximumEntries { get; set; } = 10_000;

    /// <summary>Loaders beyond those whose format is known here: the signature that the file names, and the assembly that has it.</summary>
    /// <value>Empty by default. What such a loader reads is checked for size alone, so that it must be trusted with the numbers in the file.</value>
    /// <remarks>
    /// Known are this pack's own steps, and of ML.NET: chains, Concatenate, CopyColumns, SelectColumns, the normalisers of NormalizeMinMax
    /// and its siblings, NormalizeLpNorm, MapValueToKey, MapKeyToValue, MapKeyToVector (and so OneHotEncoding), ConvertType,
    /// ReplaceMissingValues, IndicateMissingValues, and FeaturizeText with its default n-grams.
    /// </remarks>
    public IDictionary<string, Assembly> TrustedLoaders { get; } = new Dictionary<string, Assembly>(StringComparer.Ordinal);

    internal void Validate()
    {
        OptionCheck.AtLeast(this, nameof(MaximumUncompressedBytes), MaximumUncompressedBytes, 0);
        OptionCheck.AtLeast<int>(this, nameof(MaximumEntries), MaximumEntries, 0);
        foreach (var (loader, assembly) in TrustedLoaders)
            OptionCheck.NotNull(this, $"{nameof(TrustedLoaders)}[\"{loader}\"]", assembly);
    }
}
