using System.Numerics.Tensors;

namespace MetaML.PriorFitting.Prior;

/// <summary>Makes labels of scores.</summary>
internal static class Labels
{
    /// <summary>Numeric labels: a score with noise, on a random scale that can be skewed.</summary>
    public static float[] Numbers(Random random, float[] score)
    {
        double noise = random.LogUniform(0.03, 2);
        bool grows = random.Happens(0.2); // the noise grows with the score
        float[] labels = score.Standardise();
        labels = [.. labels.Select(x => x + (float)noise * random.Normal() * (grows ? MathF.Exp(0.7f * x) : 1))];
        switch (random.Index(7, 1.5, 0.7, 0.8))
        {
            case 1:
                float rate = (float)random.Uniform(0.2, 0.8);
                labels.Standardise().Map(x => MathF.Exp(rate * Math.Clamp(x, -6, 6)));
                break;
            case 2:
                labels.Standardise().Map(x => MathF.Max(x, (float)-0.8)); // a floor
                break;
            case 3:
                float step = (float)random.Uniform(0.2, 1.2);
                labels.Standardise().Map(x => step * MathF.Round(x / step));
                break;
        }

        return labels;
    }

    /// <summary>Classes: intervals of one score, or the largest of several scores, with noise.</summary>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="scores">One score, or one for each class.</param>
    /// <param name="classes">The number of classes.</param>
    public static float[] Classes(Random random, float[][] scores, int classes)
    {
        int rows = scores[0].Length;
        double noise = random.Happens(0.25) ? 0 : random.LogUniform(0.05, 2);
        foreach (float[] score in scores)
            score.Standardise().AddNoise(random, noise);
        float[] labels = scores.Length == 1 ? Intervals(random, scores[0], classes) : Largest(random, scores);
        int[] names = random.Permutation(classes);
        double flipped = random.Happens(0.25) ? random.LogUniform(0.01, 0.2) : 0;
        for (int row = 0; row < rows; row++)
            labels[row] = flipped > 0 && random.Happens(flipped) ? random.Next(classes) : names[(int)labels[row]];
        return labels;
    }

    private static float[] Intervals(Random random, float[] score, int classes)
    {
        // Shares of the classes vary more for small concentrations.
        double spread = random.LogUniform(0.1, 1.2);
        double[] shares = [.. Enumerable.Range(0, classes).Select(_ => Math.Exp(spread * random.Normal()))];
        double sum = shares.Sum(), upTo = 0;
        float[] borders = [.. shares.Take(classes - 1).Select(share => Columns.Quantile(score, (upTo += share) / sum))];
        return [.. score.Select(x => (float)borders.Count(border => x >= border))];
    }

    private static float[] Largest(Random random, float[][] scores)
    {
        double spread = random.LogUniform(0.05, 0.6);
        float[] offsets = [.. scores.Select(_ => (float)spread * random.Normal())];
        var row = new float[scores.Length];
        return [.. Enumerable.Range(0, scores[0].Length).Select(i =>
        {
            for (int k = 0; k < row.Length; k++)
                row[k] = scores[k][i] + offsets[k];
            return (float)TensorPrimitives.IndexOfMax<float>(row);
        })];
    }
}
