using System.Numerics.Tensors;

namespace MetaML.PriorFitting.Prior;

/// <summary>Operations on the columns of a table.</summary>
internal static class Columns
{
    /// <summary>Gives the column mean 0 and standard deviation 1, in place. A constant column becomes 0.</summary>
    public static float[] Standardise(this float[] column)
    {
        float mean = TensorPrimitives.Average<float>(column);
        TensorPrimitives.Subtract(column, mean, column);
        float deviation = MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(column) / column.Length);
        TensorPrimitives.Multiply(column, float.IsNormal(deviation) ? 1 / deviation : 0, column);
        return column;
    }

    /// <summary>column ← column + factor · other.</summary>
    public static float[] Add(this float[] column, float[] other, double factor)
    {
        TensorPrimitives.MultiplyAdd(other, (float)factor, column, column);
        return column;
    }

    /// <summary>Adds normal noise.</summary>
    public static float[] AddNoise(this float[] column, Random random, double deviation)
    {
        for (int row = 0; row < column.Length; row++)
            column[row] += (float)deviation * random.Normal();
        return column;
    }

    /// <summary>Applies a function to each value, in place.</summary>
    public static float[] Map(this float[] column, Func<float, float> function)
    {
        for (int row = 0; row < column.Length; row++)
            column[row] = function(column[row]);
        return column;
    }

    /// <summary>A linear combination of columns with random weights, of which some are 0, standardised.</summary>
    public static float[] Combination(Random random, float[][] columns, double sparsity)
    {
        var sum = new float[columns[0].Length];
        int certain = random.Next(columns.Length);
        for (int i = 0; i < columns.Length; i++)
        {
            if (i == certain || !random.Happens(sparsity))
                sum.Add(columns[i], random.Normal());
        }

        return sum.Standardise();
    }

    /// <summary>The value below which a share of the column lies.</summary>
    public static float Quantile(float[] column, double share)
    {
        float[] sorted = [.. column];
        Array.Sort(sorted);
        return sorted[(int)Math.Clamp(share * sorted.Length, 0, sorted.Length - 1)];
    }
}
