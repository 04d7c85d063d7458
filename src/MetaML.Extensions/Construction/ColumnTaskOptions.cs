using MetaML.Extensions.Construction;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>Tasks for tables. The classes of a task are clusters of some columns, which its rows do not show.</summary>
/// <remarks>
/// For each task, a share of the features is drawn, the rows are clustered by k-means on these features after standardisation, and each of these features
/// is shuffled over the rows of the task, so that the classes must be told apart by the other features. The construction holds all rows in memory.
/// Source: STUNT (Nam et al., 2023, arXiv 2303.00918).
/// </remarks>
public sealed record ColumnTaskOptions : TaskConstructionOptions
{
    /// <summary>Number of tasks.</summary>
    /// <value>From 1 to 100,000; default 50.</value>
    public int NumberOfTasks { get; set; } = 50;

    /// <summary>Number of clusters of a task.</summary>
    /// <value>From 2 to 10,000, fewer than rows; default 10.</value>
    public int NumberOfClasses { get; set; } = 10;

    /// <summary>The smallest share of the features that the classes are made of.</summary>
    /// <value>From 0 to <see cref="MaximumShare"/>; default 0.2. At least one feature is drawn.</value>
    public double MinimumShare { get; set; } = 0.2;

    /// <summary>The largest share.</summary>
    /// <value>From <see cref="MinimumShare"/> to 1; default 0.5.</value>
    public double MaximumShare { get; set; } = 0.5;

    internal override IEnumerable<ConstructedRow> Construct(IDataView data, int seed)
    {
        float[][] features = [.. data.GetColumn<float[]>(FeatureColumnName)], standardized = Clusters.Standardize(features);
        for (int task = 0; task < NumberOfTasks; task++)
        {
            Random random = Clusters.RandomOf(seed, task);
            int[] columns = [.. Enumerable.Range(0, features[0].Length)];
            random.Shuffle(columns);
            double share = MinimumShare + (MaximumShare - MinimumShare) * random.NextDouble();
            columns = columns[..Math.Clamp((int)Math.Round(share * columns.Length), 1, columns.Length)];
            uint[] clusters = Clusters.Of([.. standardized.Select(row => Array.ConvertAll(columns, column => row[column]))], NumberOfClasses, random.Next());
            float[][] hidden = Array.ConvertAll(features, row => (float[])row.Clone());
            foreach (int column in columns)
            {
                float[] values = Array.ConvertAll(features, row => row[column]);
                random.Shuffle(values);
                for (int row = 0; row < values.Length; row++)
                    hidden[row][column] = values[row];
            }

            for (int row = 0; row < features.Length; row++)
                yield return new ConstructedRow { Task = $"columns {task}", Label = $"columns {task}, cluster {clusters[row]}", Features = hidden[row] };
        }
    }

    internal override void Validate()
    {
        base.Validate();
        OptionCheck.InRange(this, nameof(NumberOfTasks), NumberOfTasks, 1, 100_000);
        OptionCheck.InRange(this, nameof(NumberOfClasses), NumberOfClasses, 2, 10_000);
        OptionCheck.InRange(this, nameof(MaximumShare), MaximumShare, 0, 1);
        OptionCheck.InRange(this, nameof(MinimumShare), MinimumShare, 0, MaximumShare);
    }
}
