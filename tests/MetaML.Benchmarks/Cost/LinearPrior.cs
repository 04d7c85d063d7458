namespace MetaML.Benchmarks.Cost;

/// <summary>The cost of the linear learner by the number of features: 40 tasks of 40 rows, regression.</summary>
/// <remarks>The first setting includes the compilation of the code.</remarks>
internal static class LinearPrior
{
    private static readonly int[] s_features = [10, 60, 120, 200];

    /// <param name="features">One number of features; null for all.</param>
    public static void Run(int? features)
    {
        foreach (int count in features is { } one ? [one] : s_features)
            FitCost.OfRegression(new LinearTasks(40, 40, 40, count), FitCost.LinearPrior).Print("linear-prior", $"40 tasks x 40 rows x {count} features", aim: 3);
    }
}
