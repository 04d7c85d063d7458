using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A row with several labels, all computed from the same two latent variables.</summary>
public sealed class OutputRow
{
    public const int FeatureCount = 6;

    public string Task { get; set; } = "";

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public float Price { get; set; }

    public float Size { get; set; }

    public bool Sold { get; set; }

    /// <summary>0, 1, or NaN for a missing label.</summary>
    public float Faulty { get; set; }

    public string Colour { get; set; } = "";

    public string Shape { get; set; } = "";

    /// <summary>Rows of one or several tasks. Each task has its own rule.</summary>
    public static List<OutputRow> Rows(int count = 120, int seed = 1, int tasks = 1, int firstTask = 0)
    {
        var all = new List<OutputRow>();
        for (int t = firstTask; t < firstTask + tasks; t++)
        {
            var random = new Random(seed * 1000 + t);
            double angle = tasks == 1 ? 0 : random.NextDouble() - 0.5;
            for (int i = 0; i < count; i++)
            {
                float[] x = [.. Enumerable.Range(0, FeatureCount).Select(_ => (float)(2 * random.NextDouble() - 1))];
                double first = Math.Tanh(2 * x[0] + x[1]), second = x[2] * x[3] + x[4];
                double u = Math.Cos(angle) * first - Math.Sin(angle) * second, v = Math.Sin(angle) * first + Math.Cos(angle) * second;
                all.Add(new OutputRow
                {
                    Task = $"task{t}",
                    Features = x,
                    Price = (float)(100_000 + 30_000 * u + 10_000 * v),
                    Size = (float)(0.02 - 0.01 * v),
                    Sold = u + v > 0,
                    Faulty = u > v ? 1 : 0,
                    Colour = u < -0.4 ? "red" : u < 0.4 ? "green" : "blue",
                    Shape = v < 0 ? "round" : "square",
                });
            }
        }

        return all;
    }
}
