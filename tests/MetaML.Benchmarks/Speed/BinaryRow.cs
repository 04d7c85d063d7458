using MetaML.TestKit;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>A row of a binary task.</summary>
internal sealed class BinaryRow
{
    public const int FeatureCount = 16;

    public string Task { get; set; } = "";

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    /// <summary>Generates rows. The tasks alternate, and each has its own linear rule.</summary>
    /// <param name="tasks">Number of tasks.</param>
    /// <param name="rows">Number of rows of all tasks.</param>
    /// <param name="name">The start of the names of the tasks.</param>
    public static BinaryRow[] Some(int tasks, int rows, string name = "task")
    {
        var random = new Random(1);
        string[] names = [.. Enumerable.Range(0, tasks).Select(t => $"{name} {t}")];
        float[] rule = new float[FeatureCount];
        var all = new BinaryRow[rows];
        for (int i = 0; i < rows; i++)
        {
            float[] x = new float[FeatureCount];
            for (int j = 0; j < x.Length; j++)
            {
                x[j] = 2 * random.NextSingle() - 1;
                rule[j] = MathF.Cos(i % tasks + j);
            }

            all[i] = new BinaryRow { Task = names[i % tasks], Features = x, Label = x.Zip(rule, (a, b) => a * b).Sum() > 0 };
        }

        return all;
    }
}
