using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Encoders.Kernel;

/// <summary>Some rows of the training tasks, for the fit of a kernel.</summary>
/// <param name="Rows">The scaled features, from which landmarks are chosen.</param>
/// <param name="Parts">The rows of each problem, with labels.</param>
internal sealed record KernelSample(float[][] Rows, IReadOnlyList<KernelSample.Part> Parts)
{
    private const int MaximumRows = 400; // the cost of the fit is cubic in them
    private const int MaximumTasks = 20; // so that there are enough rows of each task to see how tasks differ
    private const int MaximumLandmarkRows = 2000;
    private const int MaximumClasses = 4;

    /// <summary>The rows of a problem.</summary>
    /// <param name="Rows">Of <see cref="KernelSample.Rows"/>, as doubles.</param>
    /// <param name="Tasks">The number of the task of each row.</param>
    /// <param name="Targets">Labels, or the indicators of the most frequent classes, with mean 0 and variance 1, [outputs][rows].</param>
    public sealed record Part(double[][] Rows, int[] Tasks, double[][] Targets);

    /// <summary>Draws rows.</summary>
    /// <param name="problems">Training tasks on one store of dense features.</param>
    /// <param name="scaling">The scaling of features before the encoder; null for none.</param>
    /// <param name="random">The only source of randomness.</param>
    public static KernelSample Draw(IReadOnlyList<TaskSet> problems, FeatureScaling? scaling, Random random)
    {
        FeatureStore store = problems[0].Features;
        float[] Scaled(int row)
        {
            var values = new float[store.FeatureCount];
            store[row].CopyTo(values);
            scaling?.Apply(new FeatureRow(values), values);
            return values;
        }

        int[] all = [.. problems.SelectMany(problem => problem.Tasks).SelectMany(task => task.Rows).Distinct()];
        float[][] rows = [.. RowSampler.Some(all.Length, Math.Min(all.Length, MaximumLandmarkRows), random).Select(i => Scaled(all[i]))];
        return new KernelSample(rows, [.. problems.Select(problem => PartOf(problem, MaximumRows / problems.Count, Scaled, random)).Where(part => part.Targets.Length > 0)]);
    }

    private static Part PartOf(TaskSet problem, int count, Func<int, float[]> scaled, Random random)
    {
        LearningTask[] tasks = [.. RowSampler.Some(problem.Tasks.Count, Math.Min(problem.Tasks.Count, MaximumTasks), random).Select(i => problem.Tasks[i])];
        int left = count;
        (int Task, int Row, float Label)[] rows = [.. tasks.OrderBy(task => task.RowCount).SelectMany((task, number) =>
        {
            int[] some = RowSampler.Some(task.RowCount, Math.Min(task.RowCount, left / (tasks.Length - number)), random); // small tasks leave more to the others
            left -= some.Length;
            return some.Select(position => (number, task.Rows[position], task.Labels[position]));
        })];
        double[][] targets = problem.Kind == LabelKind.Multiclass
            ? [.. rows.GroupBy(row => row.Label).OrderByDescending(group => group.Count()).Take(MaximumClasses).Select(group => rows.Select(row => row.Label == group.Key ? 1.0 : 0).ToArray())]
            : [[.. rows.Select(row => (double)row.Label)]];
        return new Part([.. rows.Select(row => Array.ConvertAll(scaled(row.Row), value => (double)value))], [.. rows.Select(row => row.Task)], [.. targets.Select(Standardize).OfType<double[]>()]);
    }

    // Null if the values never vary.
    private static double[]? Standardize(double[] values)
    {
        if (values.Length == 0)
            return null;
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return deviation > 0 ? Array.ConvertAll(values, value => (value - mean) / deviation) : null;
    }
}
