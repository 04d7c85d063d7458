using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Maximises a function in double precision by BFGS with a line search by halving (Nocedal and Wright, Numerical Optimization, 2006, chapter 6).</summary>
internal static class QuasiNewton
{
    /// <summary>The expected gain of a step, in units of the function, below which it is not taken.</summary>
    public const double Tolerance = 1e-10;

    // The error of a sum over many tasks by rounding, as a share of the sum. A smaller gain cannot be told from it.
    private const double Rounding = 1e-13;

    private const int MaximumHalvings = 40;

    /// <summary>A point that was evaluated.</summary>
    public interface IEvaluated
    {
        /// <summary>The point.</summary>
        double[] Point { get; }

        /// <summary>The value of the function.</summary>
        double Value { get; }

        /// <summary>Its gradient.</summary>
        double[] Gradient { get; }
    }

    /// <summary>Searches until a step promises almost no gain, or a limit is reached.</summary>
    /// <param name="current">The start.</param>
    /// <param name="visit">Evaluates a point, from the current one.</param>
    /// <param name="limits">The number of steps and the time.</param>
    /// <returns>The best point.</returns>
    public static T Climb<T>(T current, Func<double[], T, T> visit, PriorLimits limits)
        where T : class, IEvaluated
    {
        int size = current.Point.Length;
        double[]? inverse = null; // of the negative Hessian
        for (int step = 0; step < limits.Iterations && !limits.IsTimeUp(); step++)
        {
            double[] direction = inverse is null ? First(current.Gradient) : MatrixAlgebra.Multiply(inverse, current.Gradient);
            double slope = TensorPrimitives.Dot<double>(direction, current.Gradient);
            if (!(slope > Math.Max(Tolerance, Rounding * Math.Abs(current.Value))))
                break;
            if (Along(current, direction, slope, visit) is not { } next)
            {
                if (inverse is null)
                    break;
                inverse = null; // begin again along the gradient
                continue;
            }

            double[] move = MatrixAlgebra.Difference(next.Point, current.Point), fall = MatrixAlgebra.Difference(current.Gradient, next.Gradient);
            inverse = Update(inverse ?? Identity(size, TensorPrimitives.Dot<double>(move, fall) / Math.Max(TensorPrimitives.SumOfSquares<double>(fall), double.Epsilon)), move, fall);
            current = next;
        }

        return current;
    }

    // A step of at most 1 along the gradient.
    private static double[] First(double[] gradient) => Array.ConvertAll(gradient, value => value / Math.Max(1, TensorPrimitives.Norm<double>(gradient)));

    private static T? Along<T>(T current, double[] direction, double slope, Func<double[], T, T> visit)
        where T : class, IEvaluated
    {
        double rate = 1;
        for (int halving = 0; halving < MaximumHalvings; halving++, rate /= 2)
        {
            double[] point = [.. current.Point];
            MatrixAlgebra.AddScaled(direction, rate, point);
            try
            {
                if (visit(point, current) is { } next && next.Value >= current.Value + 1e-4 * rate * slope)
                    return next;
            }
            catch (ArithmeticException) // the step is so long that a matrix is singular in double precision
            {
            }
        }

        return null;
    }

    // The update of the inverse Hessian: H ← (I − ρsyᵀ)H(I − ρysᵀ) + ρssᵀ, ρ = 1/sᵀy; unchanged without curvature.
    private static double[] Update(double[] inverse, double[] move, double[] fall)
    {
        int size = move.Length;
        double curvature = TensorPrimitives.Dot<double>(move, fall);
        if (!(curvature > 1e-12 * TensorPrimitives.Norm<double>(move) * TensorPrimitives.Norm<double>(fall)))
            return inverse;
        double[] product = MatrixAlgebra.Multiply(inverse, fall);
        double factor = (1 + TensorPrimitives.Dot<double>(product, fall) / curvature) / curvature;
        for (int i = 0; i < size; i++)
        {
            Span<double> row = inverse.AsSpan(i * size, size);
            MatrixAlgebra.AddScaled(move, factor * move[i] - product[i] / curvature, row);
            MatrixAlgebra.AddScaled(product, -move[i] / curvature, row);
        }

        return inverse;
    }

    private static double[] Identity(int size, double scale)
    {
        var identity = new double[size * size];
        for (int i = 0; i < size; i++)
            identity[i * size + i] = scale > 0 ? scale : 1;
        return identity;
    }
}
