namespace MetaML.PriorFitting.Prior;

/// <summary>Random functions from columns to one column.</summary>
internal static class RandomFunction
{
    /// <summary>A sum of one or two functions of random kinds, standardised. Not all columns matter equally.</summary>
    public static float[] Of(Random random, float[][] columns)
    {
        float[][] relevant = Relevant(random, columns);
        float[] result = One(random, relevant);
        if (random.Happens(0.35))
            result.Add(One(random, relevant), random.LogUniform(0.2, 1));
        return result.Standardise();
    }

    // Standardised copies of some columns, each times its importance.
    private static float[][] Relevant(Random random, float[][] columns)
    {
        int count = random.Happens(0.5) ? columns.Length : random.Next(1, columns.Length + 1);
        double decay = random.Happens(0.5) ? 0 : random.LogUniform(0.1, 1.5);
        return [.. random.Permutation(columns.Length).Take(count).Select((column, i) =>
            new float[columns[column].Length].Add([.. columns[column]], 1).Standardise().Map(x => x * (float)Math.Exp(-decay * i)))];
    }

    private static float[] One(Random random, float[][] columns) => random.Index(5, 2, 3, 2, 2, 1.5, 1.5) switch
    {
        0 => Linear(random, columns),
        1 => Additive(random, columns),
        2 => Trees(random, columns),
        3 => GaussianProcess(random, columns),
        4 => Network(random, columns),
        5 => Products(random, columns),
        _ => Prototypes(random, columns),
    };

    private static float[] Linear(Random random, float[][] columns) => Columns.Combination(random, columns, random.NextDouble() * 0.5);

    private static float[] Additive(Random random, float[][] columns)
    {
        var sum = new float[columns[0].Length];
        foreach (float[] column in columns)
            sum.Add([.. column.Select(Activations.Draw(random))], random.Normal());
        return sum.Standardise();
    }

    private static float[] Trees(Random random, float[][] columns)
    {
        int rows = columns[0].Length, trees = random.Happens(0.4) ? 1 : (int)random.LogUniform(2, 12), depth = random.Next(1, 6);
        var sum = new float[rows];
        var leaf = new int[rows];
        for (int tree = 0; tree < trees; tree++)
        {
            Array.Clear(leaf);
            for (int level = 0; level < depth; level++)
            {
                // Half of the trees have one condition at each level. In the others, each node has its own.
                bool isShared = random.Happens(0.5);
                int nodes = isShared ? 1 : 1 << level;
                (float[] Column, float Threshold)[] conditions = new (float[], float)[nodes];
                for (int node = 0; node < nodes; node++)
                {
                    float[] column = columns[random.Next(columns.Length)];
                    conditions[node] = (column, column[random.Next(rows)]);
                }

                for (int row = 0; row < rows; row++)
                {
                    var (column, threshold) = conditions[isShared ? 0 : leaf[row]];
                    leaf[row] = 2 * leaf[row] + (column[row] > threshold ? 1 : 0);
                }
            }

            float[] values = [.. Enumerable.Range(0, 1 << depth).Select(_ => random.Normal())];
            for (int row = 0; row < rows; row++)
                sum[row] += values[leaf[row]];
        }

        return sum.Standardise();
    }

    // A Gaussian process of random smoothness by random Fourier features; Rahimi and Recht, 2007.
    private static float[] GaussianProcess(Random random, float[][] columns)
    {
        double frequency = random.LogUniform(0.2, 1.5) / Math.Sqrt(columns.Length) * 1.5;
        bool hasHeavyTails = random.Happens(0.4);
        var sum = new float[columns[0].Length];
        var argument = new float[sum.Length];
        for (int feature = 0; feature < 24; feature++)
        {
            double scale = hasHeavyTails ? frequency / Math.Sqrt(0.1 + Math.Abs(random.Normal())) : frequency;
            Array.Clear(argument);
            foreach (float[] column in columns)
                argument.Add(column, scale * random.Normal());
            double phase = random.Uniform(0, 2 * Math.PI);
            sum.Add(argument.Map(x => MathF.Cos(x + (float)phase)), random.Normal());
        }

        return sum.Standardise();
    }

    private static float[] Network(Random random, float[][] columns)
    {
        Func<float, float> activation = Activations.Draw(random);
        float[][] units = [.. Enumerable.Range(0, random.Next(2, 12)).Select(_ => Columns.Combination(random, columns, 0.3).Map(activation))];
        return Columns.Combination(random, units, 0);
    }

    private static float[] Products(Random random, float[][] columns)
    {
        var sum = new float[columns[0].Length];
        for (int term = random.Next(1, 4); term > 0; term--)
        {
            float[] left = columns[random.Next(columns.Length)], right = columns[random.Next(columns.Length)];
            sum.Add([.. left.Zip(right, (x, y) => x * y)], random.Normal());
        }

        return sum.Add(columns[random.Next(columns.Length)], random.Normal()).Standardise();
    }

    // The value of the nearest of a few rows.
    private static float[] Prototypes(Random random, float[][] columns)
    {
        int rows = columns[0].Length, count = random.Next(2, 12);
        int[] centres = [.. Enumerable.Range(0, count).Select(_ => random.Next(rows))];
        float[] values = [.. centres.Select(_ => random.Normal())];
        var result = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            float nearest = float.PositiveInfinity;
            for (int centre = 0; centre < count; centre++)
            {
                float distance = 0;
                foreach (float[] column in columns)
                {
                    float difference = column[row] - column[centres[centre]];
                    distance += difference * difference;
                }

                if (distance < nearest)
                    (nearest, result[row]) = (distance, values[centre]);
            }
        }

        return result.Standardise();
    }
}
