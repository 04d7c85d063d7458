namespace MetaML.TestKit;

/// <summary>Readable data: related tasks with shared latent variables, and a rule for each task.</summary>
public static class Some
{
    private static readonly string[] s_classes = ["low", "middle", "high"];

    /// <summary>Tasks "task0", "task1", …, optionally of different sizes.</summary>
    /// <remarks>All tasks share two latent variables, computed from the features. Each task has its own weights for them.</remarks>
    public static List<TaskRow> Tasks(int tasks = 12, int rows = 30, int seed = 1, int firstTask = 0, bool ragged = true)
    {
        var all = new List<TaskRow>();
        for (int t = firstTask; t < firstTask + tasks; t++)
        {
            var random = new Random(seed * 1000 + t);
            double angle = random.NextDouble() * Math.PI / 2;
            int count = ragged ? rows - t % 5 : rows;
            for (int i = 0; i < count; i++)
            {
                float[] x = [.. Enumerable.Range(0, TaskRow.FeatureCount).Select(_ => (float)(2 * random.NextDouble() - 1))];
                double shared = Math.Tanh(2 * x[0] + x[1]), other = x[2] * x[3] + x[4];
                double value = Math.Cos(angle) * shared + Math.Sin(angle) * other;
                all.Add(new TaskRow
                {
                    Task = $"task{t}",
                    Features = x,
                    Answer = value > 0,
                    Class = s_classes[value < -0.3 ? 0 : value < 0.3 ? 1 : 2],
                    Value = (float)(100 + 20 * value),
                    Count = (float)Math.Round(Math.Exp(2 + value)),
                });
            }
        }

        return all;
    }

    /// <summary>The rows with different example weights.</summary>
    public static List<TaskRow> Weighted(List<TaskRow> rows)
    {
        var random = new Random(rows.Count);
        rows.ForEach(row => row.Weight = 0.5f + random.NextSingle());
        return rows;
    }

    /// <summary>Tasks with separate classes. For example, "task3/low" is a class of only one task.</summary>
    public static List<TaskRow> TasksWithOwnClasses(int tasks = 12, int rows = 30, int seed = 1, int firstTask = 0)
    {
        List<TaskRow> all = Tasks(tasks, rows, seed, firstTask);
        foreach (TaskRow row in all)
            row.Class = $"{row.Task}/{row.Class}";
        return all;
    }
}
