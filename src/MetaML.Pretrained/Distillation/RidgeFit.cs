using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Pretrained.Distillation;

/// <summary>W = argmin ‖X W − Y‖² + λ‖W‖².</summary>
/// <param name="x">X [rows, width].</param>
/// <param name="y">Y [rows, outputs].</param>
/// <param name="outputs">The number of outputs.</param>
/// <param name="width">The number of inputs.</param>
internal sealed class RidgeFit(double[] x, double[] y, int outputs, int width)
{
    /// <summary>The fit to all rows with the penalty whose fit without the first rows has the least squared error on them.</summary>
    /// <param name="penalties">Values of λ.</param>
    /// <param name="heldOut">The number of the first rows.</param>
    /// <returns>W [width, outputs].</returns>
    public double[] Best(double[] penalties, int heldOut)
    {
        var (products, right) = Sums(heldOut);
        double penalty = penalties.MinBy(candidate =>
        {
            double[] weights = Solve(products, right, candidate);
            double error = 0;
            for (int row = 0; row < heldOut; row++)
            {
                for (int k = 0; k < outputs; k++)
                {
                    double score = 0;
                    for (int i = 0; i < width; i++)
                        score += x[row * width + i] * weights[i * outputs + k];
                    error += Math.Pow(score - y[row * outputs + k], 2);
                }
            }

            return error;
        });
        (products, right) = Sums(0);
        return Solve(products, right, penalty);
    }

    private (double[] Products, double[] Right) Sums(int first)
    {
        double[] rows = x[(first * width)..], products = new double[width * width], right = new double[width * outputs];
        ClosedFormAlgebra.AddProducts(products, rows, rows.Length / width, width);
        ClosedFormAlgebra.AddTransposeProducts(right, rows, rows.Length / width, width, y.AsSpan(first * outputs), outputs);
        return (products, right);
    }

    private double[] Solve(double[] products, double[] right, double penalty)
    {
        double[] scaled = [.. products], weights = [.. right];
        TensorPrimitives.Divide(scaled, penalty, scaled);
        TensorPrimitives.Divide(weights, penalty, weights);
        ClosedFormAlgebra.AddIdentity(scaled, width);
        Cholesky.Solve(scaled, width, weights, outputs);
        return weights;
    }
}
