using MetaML.Extensions.Construction;
using Microsoft.ML;

namespace MetaML;

/// <summary>How tasks are constructed from rows without labels.</summary>
/// <remarks>The choices are <see cref="CopyTaskOptions"/>, <see cref="ClusterTaskOptions"/> and <see cref="ColumnTaskOptions"/>.</remarks>
public abstract record TaskConstructionOptions
{
    private protected TaskConstructionOptions()
    {
    }

    /// <summary>The column of features.</summary>
    /// <value>A vector of Single of known size; default "Features". The constructed rows have a column of this name and type.</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>The seed of the construction.</summary>
    /// <value>Null (default) for the seed of the MLContext.</value>
    public int? Seed { get; set; }

    /// <summary>The rows of the tasks. Each enumeration reads the data anew, and gives the same rows.</summary>
    internal abstract IEnumerable<ConstructedRow> Construct(IDataView data, int seed);

    internal virtual void Validate() => ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
}
