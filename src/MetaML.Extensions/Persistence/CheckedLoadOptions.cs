using System.Reflection;
using MetaML.Options;

namespace MetaML;

/// <summary>Options of <see cref="MetaLearningCatalog.LoadChecked(string, out Microsoft.ML.DataViewSchema, CheckedLoadOptions)"/>: limits, and trusted loaders.</summary>
public sealed record CheckedLoadOptions
{
    /// <summary>Creates options with their defaults.</summary>
    public CheckedLoadOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private CheckedLoadOptions(CheckedLoadOptions original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The largest total size of the file's decompressed entries, in bytes.</summary>
    /// <value>At least 0, or null (default) for 1.25 times the size of the file plus 8 MiB. Raise it for a trusted file with a higher compression ratio.</value>
    public long? MaximumUncompressedBytes { get; set; }

    /// <summary>The largest number of entries of the file.</summary>
    /// <value>At least 0; default 10,000. A chain has a few entries for each of its steps.</value>
    public int MaximumEntries { get; set; } = 10_000;

    /// <summary>Further loaders that may read the file: the loader's signature in the file, and the assembly that contains the loader.</summary>
    /// <value>Empty by default. For these loaders only the sizes of the entries are checked, and not the numbers inside. Add a loader only if it is safe with wrong numbers, or if the file is trusted.</value>
    /// <remarks>
    /// The following steps need no entry: the steps of this package, and of ML.NET chains, Concatenate, CopyColumns, SelectColumns,
    /// NormalizeMinMax and the other normalisers of its kind, NormalizeLpNorm, MapValueToKey, MapKeyToValue, MapKeyToVector (also
    /// as a part of OneHotEncoding), ConvertType, ReplaceMissingValues, IndicateMissingValues, and FeaturizeText with its default n-grams.
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
