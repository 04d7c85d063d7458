namespace MetaML.PriorFitting.Prior;

/// <summary>A way in which the features and the label of a table came about.</summary>
/// <remarks>
/// The mixture follows the published priors: structural causal models (Hollmann et al., 2023, arXiv 2207.01848), trees (TabICL, Qu et
/// al., 2025, arXiv 2502.05564), Gaussian processes (Müller et al., 2022, arXiv 2112.10510), and factor models.
/// </remarks>
internal static class Mechanism
{
    /// <summary>Draws features and hidden scores, of which the labels are made.</summary>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="features">The number of features.</param>
    /// <param name="scores">The number of scores.</param>
    public static (float[][] Features, float[][] Scores) Draw(Random random, int rows, int features, int scores) => random.Index(5, 3, 2) switch
    {
        0 => FunctionOfFeatures(random, rows, features, scores),
        1 => CausalModel(random, rows, features, scores),
        _ => FactorModel(random, rows, features, scores),
    };

    // Scores are random functions of features that depend on each other.
    private static (float[][], float[][]) FunctionOfFeatures(Random random, int rows, int features, int scores)
    {
        float[][] columns = [.. Enumerable.Range(0, features).Select(_ => random.Column(rows).Standardise())];
        if (random.Happens(0.6))
        {
            double dependence = random.NextDouble();
            int factors = random.Next(1, 5);
            float[][] common = [.. Enumerable.Range(0, factors).Select(_ => random.Column(rows).Standardise())];
            foreach (float[] column in columns)
                column.Map(x => x * (float)Math.Sqrt(1 - dependence)).Add(Columns.Combination(random, common, 0.3), Math.Sqrt(dependence));
        }

        return (columns, [.. Enumerable.Range(0, scores).Select(_ => RandomFunction.Of(random, columns))]);
    }

    // A random network of causes and effects. Features and scores are any of its nodes, so that a feature can be an effect of the label.
    private static (float[][], float[][]) CausalModel(Random random, int rows, int features, int scores)
    {
        int layers = random.Next(1, 4), width = Math.Max(4, (features + scores) * 2 / layers + 1);
        double sparsity = random.Uniform(0, 0.8), noise = random.LogUniform(0.01, 0.6);
        bool hasOneActivation = random.Happens(0.6);
        Func<float, float> activation = Activations.Draw(random);
        float[][] layer = [.. Enumerable.Range(0, random.Next(1, Math.Max(3, features))).Select(_ => random.Column(rows).Standardise())];
        List<float[]> nodes = random.Happens(0.7) ? [.. layer] : [];
        for (int i = 0; i < layers; i++)
        {
            float[][] previous = layer;
            layer = [.. Enumerable.Range(0, width).Select(_ => Columns.Combination(random, previous, sparsity)
                .Map(hasOneActivation ? activation : Activations.Draw(random)).Standardise().AddNoise(random, noise))];
            nodes.AddRange(layer);
        }

        // Scores are among the last nodes half of the time.
        int[] order = random.Permutation(nodes.Count);
        if (random.Happens(0.5))
            Array.Sort(order, (a, b) => (b >= nodes.Count - width).CompareTo(a >= nodes.Count - width));
        return ([.. order.Skip(scores).Take(features).Select(node => nodes[node])], [.. order.Take(scores).Select(node => (float[])[.. nodes[node]])]);
    }

    // Features measure hidden factors with noise. The scores are factors, or functions of them.
    private static (float[][], float[][]) FactorModel(Random random, int rows, int features, int scores)
    {
        float[][] factors = [.. Enumerable.Range(0, scores + random.Next(0, 4)).Select(_ => random.Column(rows).Standardise())];
        float[][] targets = random.Happens(0.7) ? [.. factors.Take(scores).Select(factor => (float[])[.. factor])]
            : [.. Enumerable.Range(0, scores).Select(_ => RandomFunction.Of(random, factors))];
        double noise = random.LogUniform(0.2, 4);
        bool isLinear = random.Happens(0.6);
        float[][] columns = [.. Enumerable.Range(0, features).Select(_ =>
        {
            float[] column = Columns.Combination(random, factors, 0.4);
            if (!isLinear)
                column.Map(Activations.Draw(random)).Standardise();
            return column.AddNoise(random, noise * random.LogUniform(0.3, 2));
        })];
        return (columns, targets);
    }
}
