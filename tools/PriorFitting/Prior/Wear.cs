namespace MetaML.PriorFitting.Prior;

/// <summary>Makes features look as measured ones do: warped, discrete, categorical, irrelevant, with missing values.</summary>
internal static class Wear
{
    /// <summary>Changes the columns in place.</summary>
    public static void Apply(Random random, float[][] columns)
    {
        double warped = random.Happens(0.5) ? random.NextDouble() * 0.6 : 0, discrete = random.Happens(0.5) ? random.NextDouble() * 0.8 : 0;
        double irrelevant = random.Happens(0.4) ? random.NextDouble() * 0.7 : 0;
        foreach (float[] column in columns)
        {
            if (random.Happens(irrelevant))
                random.Shuffle(column);
            if (random.Happens(warped))
                Warp(random, column);
            if (random.Happens(discrete))
                Discretise(random, column);
        }

        if (random.Happens(0.2))
            Indicators(random, columns);
        if (random.Happens(0.2))
            Remove(random, columns);
    }

    private static void Warp(Random random, float[] column)
    {
        float rate = (float)random.Uniform(0.3, 1.5);
        int form = random.Next(4);
        column.Standardise().Map(x => form switch
        {
            0 => MathF.Exp(rate * Math.Clamp(x, -8, 8)),
            1 => x * x * x,
            2 => MathF.CopySign(MathF.Sqrt(MathF.Abs(x)), x),
            _ => MathF.Max(x, rate - 1),
        });
    }

    private static void Discretise(Random random, float[] column)
    {
        int values = (int)random.LogUniform(2, 12);
        float[] borders = [.. Enumerable.Range(0, values - 1).Select(_ => column[random.Next(column.Length)])];
        int[] codes = random.Happens(0.3) ? random.Permutation(values) : [.. Enumerable.Range(0, values)]; // categories have no order
        column.Map(x => codes[borders.Count(border => x > border)]);
    }

    // One column becomes indicators of its intervals, in place of the columns after it.
    private static void Indicators(Random random, float[][] columns)
    {
        int first = random.Next(columns.Length), count = Math.Min(columns.Length - first, random.Next(2, 7));
        float[] source = [.. columns[first]];
        float[] borders = [.. Enumerable.Range(0, count - 1).Select(_ => source[random.Next(source.Length)])];
        for (int row = 0; row < source.Length; row++)
        {
            int value = borders.Count(border => source[row] > border);
            for (int k = 0; k < count; k++)
                columns[first + k][row] = k == value ? 1 : 0;
        }
    }

    private static void Remove(Random random, float[][] columns)
    {
        double share = random.Uniform(0.02, 0.3);
        bool dependsOnValue = random.Happens(0.3);
        foreach (float[] column in columns)
        {
            if (random.Happens(0.4))
                continue;
            float border = dependsOnValue ? Columns.Quantile(column, 0.5) : 0;
            column.Map(x => random.Happens(dependsOnValue ? x > border ? 1.7 * share : 0.3 * share : share) ? float.NaN : x);
        }
    }
}
