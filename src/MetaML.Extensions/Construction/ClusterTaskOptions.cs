using MetaML.Extensions.Construction;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>Many partitions of the rows into clusters of an embedding. A partition is a task, and its clusters are the classes.</summary>
/// <remarks>
/// For each partition, each value of the embedding is multiplied by a factor drawn uniformly from 0 to 1 after standardisation, and the rows are clustered by k-means
/// (ML.NET's trainer). The construction holds the embeddings of all rows in memory. Source: CACTUs (Hsu, Levine and Finn, 2018, arXiv 1810.02334).
/// </remarks>
public sealed record ClusterTaskOptions : TaskConstructionOptions
{
    /// <summary>The column of embeddings that are clustered.</summary>
    /// <value>A vector of Single of known size; null (default) for the features.</value>
    public string? EmbeddingColumnName { get; set; }

    /// <summary>Number of partitions.</summary>
    /// <value>From 1 to 100,000; default 50.</value>
    public int NumberOfTasks { get; set; } = 50;

    /// <summary>Number of clusters of a partition.</summary>
    /// <value>From 2 to 10,000, fewer than rows; default 20.</value>
    public int NumberOfClasses { get; set; } = 20;

    internal override IEnumerable<ConstructedRow> Construct(IDataView data, int seed)
    {
        float[][] features = [.. data.GetColumn<float[]>(FeatureColumnName)];
        float[][] embeddings = Clusters.Standardize(EmbeddingColumnName is null ? features : [.. data.GetColumn<float[]>(EmbeddingColumnName)]);
        for (int task = 0; task < NumberOfTasks; task++)
        {
            Random random = Clusters.RandomOf(seed, task);
            float[] factors = [.. embeddings[0].Select(_ => random.NextSingle())];
            uint[] clusters = Clusters.Of([.. embeddings.Select(row => row.Zip(factors, (value, factor) => value * factor).ToArray())], NumberOfClasses, random.Next());
            for (int row = 0; row < features.Length; row++)
                yield return new ConstructedRow { Task = $"partition {task}", Label = $"partition {task}, cluster {clusters[row]}", Features = features[row] };
        }
    }

    internal override void Validate()
    {
        base.Validate();
        OptionCheck.InRange(this, nameof(NumberOfTasks), NumberOfTasks, 1, 100_000);
        OptionCheck.InRange(this, nameof(NumberOfClasses), NumberOfClasses, 2, 10_000);
    }
}
