using MetaML.Numerics;

namespace MetaML.PriorFitting.Prior;

/// <summary>Draws from the distributions that the prior is made of.</summary>
internal static class Draw
{
    /// <summary>A number with mean 0 and standard deviation 1.</summary>
    public static float Normal(this Random random) => (float)NormalRandom.Next(random);

    /// <summary>A number whose logarithm is uniform.</summary>
    public static double LogUniform(this Random random, double minimum, double maximum) =>
        minimum * Math.Pow(maximum / minimum, random.NextDouble());

    /// <summary>Whether an event of this probability happens.</summary>
    public static bool Happens(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>A number between two limits.</summary>
    public static double Uniform(this Random random, double minimum, double maximum) => minimum + (maximum - minimum) * random.NextDouble();

    /// <summary>The index of a weight, with a probability in proportion to it.</summary>
    public static int Index(this Random random, params ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum += weight;
        double threshold = sum * random.NextDouble();
        for (int i = 0; i < weights.Length - 1; i++)
        {
            threshold -= weights[i];
            if (threshold < 0)
                return i;
        }

        return weights.Length - 1;
    }

    /// <summary>A column of independent numbers of one distribution: normal, uniform, with heavy tails, skewed, or of few values.</summary>
    public static float[] Column(this Random random, int rows)
    {
        var column = new float[rows];
        int form = random.Index(6, 3, 1, 1.5, 1.5);
        int values = random.Next(2, 7);
        for (int row = 0; row < rows; row++)
        {
            column[row] = form switch
            {
                0 => random.Normal(),
                1 => (float)random.Uniform(-1.73, 1.73),
                2 => random.Normal() / MathF.Sqrt(0.3f + MathF.Abs(random.Normal())),
                3 => MathF.Exp(0.8f * random.Normal()),
                _ => random.Next(values),
            };
        }

        return column;
    }

    /// <summary>Shuffled numbers from 0.</summary>
    public static int[] Permutation(this Random random, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        return order;
    }
}
