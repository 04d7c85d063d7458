using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace MetaML.Extensions.Construction;

/// <summary>Clusters of rows by ML.NET's k-means.</summary>
internal static class Clusters
{
    /// <summary>The cluster of each row, from 1. The same rows and seed give the same clusters.</summary>
    /// <param name="rows">[rows][values].</param>
    /// <param name="count">Number of clusters.</param>
    /// <param name="seed">The only source of randomness.</param>
    /// <exception cref="InvalidOperationException">There are not more rows than clusters.</exception>
    public static uint[] Of(float[][] rows, int count, int seed)
    {
        if (rows.Length <= count)
            throw new InvalidOperationException($"There must be more rows than the {count} classes of a constructed task; got {rows.Length} rows. They cannot be clustered. Add rows, or lower NumberOfClasses.");
        var ml = new MLContext(seed);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        IDataView view = ml.Data.LoadFromEnumerable(rows.Select(row => new Row { Features = row }), schema);
        var options = new KMeansTrainer.Options { FeatureColumnName = nameof(Row.Features), NumberOfClusters = count, NumberOfThreads = 1, MaximumNumberOfIterations = 50 };
        return [.. ml.Clustering.Trainers.KMeans(options).Fit(view).Transform(view).GetColumn<uint>("PredictedLabel")];
    }

    /// <summary>The rows with mean 0 and standard deviation 1 of each column; a column that never varies is 0.</summary>
    /// <param name="rows">[rows][columns].</param>
    public static float[][] Standardize(float[][] rows)
    {
        float[][] result = Array.ConvertAll(rows, row => new float[row.Length]);
        for (int column = 0; column < (rows.FirstOrDefault()?.Length ?? 0); column++)
        {
            double mean = rows.Average(row => (double)row[column]), deviation = Math.Sqrt(rows.Average(row => (row[column] - mean) * (row[column] - mean)));
            for (int row = 0; row < rows.Length && deviation > 0; row++)
                result[row][column] = (float)((rows[row][column] - mean) / deviation);
        }

        return result;
    }

    /// <summary>The generator of a task: its draws depend only on the seed and on the number of the task.</summary>
    public static Random RandomOf(int seed, int task) => new(unchecked(seed * 1_000_003 + task));

    private sealed class Row
    {
        public float[] Features { get; init; } = [];
    }
}
