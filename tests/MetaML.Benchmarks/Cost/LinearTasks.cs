using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Cost;

/// <summary>Generated tasks: heads are drawn from a normal distribution, and labels from a head, with noise of variance 1.</summary>
/// <param name="Tasks">Number of tasks.</param>
/// <param name="FewestRows">Fewest rows of a task.</param>
/// <param name="MostRows">Most rows of a task.</param>
/// <param name="Features">Number of features.</param>
internal sealed record LinearTasks(int Tasks, int FewestRows, int MostRows, int Features)
{
    /// <summary>Another number gives other tasks of the same distribution.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>A view that makes the rows while they are read, the same rows each time.</summary>
    public IDataView View(MLContext ml)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Features);
        return ml.Data.LoadFromEnumerable(Rows(), schema);
    }

    /// <summary>The rows; one object, which each row overwrites.</summary>
    public IEnumerable<Row> Rows()
    {
        var random = new Random(1);
        double[] mean = [.. Enumerable.Range(0, Features).Select(_ => 0.5 * NormalDraw.Next(random))], direction = [.. mean.Select(_ => 0.3 * NormalDraw.Next(random))], head = new double[Features];
        if (Seed != 1)
            random = new Random(Seed);
        var row = new Row { Features = new float[Features] };
        for (int task = 0; task < Tasks; task++)
        {
            row.Task = $"task {task}";
            double shared = NormalDraw.Next(random), intercept = NormalDraw.Next(random);
            for (int j = 0; j < Features; j++)
                head[j] = mean[j] + shared * direction[j] + 0.3 * NormalDraw.Next(random);
            for (int rows = random.Next(FewestRows, MostRows + 1); rows > 0; rows--)
            {
                double value = intercept;
                for (int j = 0; j < Features; j++)
                {
                    row.Features[j] = (float)NormalDraw.Next(random);
                    value += head[j] * row.Features[j] / Math.Sqrt(Features);
                }

                row.Label = (float)(value + NormalDraw.Next(random));
                row.IsPositive = value + NormalDraw.Next(random) > 0;
                row.Class = value < -0.7 ? "low" : value < 0.7 ? "middle" : "high";
                yield return row;
            }
        }
    }

    /// <summary>A row with a label of each kind.</summary>
    internal sealed class Row
    {
        public string Task { get; set; } = "";

        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public bool IsPositive { get; set; }

        public string Class { get; set; } = "";
    }
}
