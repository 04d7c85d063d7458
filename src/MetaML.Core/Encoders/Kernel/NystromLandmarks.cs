using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Kernel;

/// <summary>Chooses landmarks by randomly pivoted Cholesky: a row is drawn with a probability proportional to the part of its kernel that earlier landmarks do not explain.</summary>
/// <remarks>Source: Chen et al., Randomly pivoted Cholesky: practical approximation of a kernel matrix with few entry evaluations, 2022, arXiv 2207.06503.</remarks>
internal static class NystromLandmarks
{
    private const double Jitter = 1e-4; // of the kernel of a row with itself, 1. The factor L has then no smaller pivot than 0.01, so that L⁻¹ amplifies rounding errors little.

    /// <summary>Chooses landmarks.</summary>
    /// <param name="rows">The candidates [rows][features].</param>
    /// <param name="scales">1/ℓ of each feature.</param>
    /// <param name="count">The number of landmarks.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>The landmarks divided by ℓ [landmarks, features], and L⁻¹ [count, count], with zeros beyond the number of landmarks.</returns>
    public static (float[] Rows, float[] Whitening) Choose(float[][] rows, float[] scales, int count, Random random)
    {
        int features = scales.Length;
        float[][] scaled = Array.ConvertAll(rows, row =>
        {
            var values = new float[features];
            TensorPrimitives.Multiply(row, scales, values);
            return values;
        });
        double[] rest = new double[rows.Length]; // of each row's kernel with itself
        Array.Fill(rest, 1);
        var columns = new List<double[]>(); // of the factor of the kernels of all rows
        var pivots = new List<int>();
        while (pivots.Count < Math.Min(count, rows.Length))
        {
            double total = rest.Sum();
            if (total <= Jitter * rows.Length)
                break; // the landmarks explain all rows
            int pivot = Draw(rest, total * random.NextDouble());
            double root = Math.Sqrt(rest[pivot]);
            double[] column = [.. scaled.Select(row => KernelOf(row, scaled[pivot]))];
            foreach (double[] earlier in columns)
                MatrixAlgebra.AddScaled(earlier, -earlier[pivot], column);
            TensorPrimitives.Divide(column, root, column);
            columns.Add(column);
            pivots.Add(pivot);
            for (int i = 0; i < rest.Length; i++)
                rest[i] = rest[i] - column[i] * column[i] is > Jitter and var left ? left : 0;
            rest[pivot] = 0;
        }

        int found = pivots.Count;
        double[] lower = [.. pivots.SelectMany((pivot, i) => Enumerable.Range(0, found).Select(j => j <= i ? columns[j][pivot] : 0))];
        double[] inverse = MatrixAlgebra.LowerInverse(lower, found);
        float[] landmarks = new float[count * features], whitening = new float[count * count];
        for (int i = 0; i < found; i++)
        {
            scaled[pivots[i]].CopyTo(landmarks, i * features);
            for (int j = 0; j <= i; j++)
                whitening[i * count + j] = (float)inverse[i * found + j];
        }

        return (landmarks, whitening);
    }

    private static double KernelOf(float[] x, float[] y)
    {
        double distance = TensorPrimitives.Distance<float>(x, y);
        return Math.Exp(-0.5 * distance * distance);
    }

    private static int Draw(double[] weights, double at)
    {
        int chosen = -1;
        for (int i = 0; i < weights.Length && (at >= 0 || chosen < 0); i++)
        {
            if (weights[i] > 0)
                (chosen, at) = (i, at - weights[i]);
        }

        return chosen;
    }
}
