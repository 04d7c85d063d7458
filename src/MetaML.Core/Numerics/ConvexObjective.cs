using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>A function with a Hessian of at least the identity, such as a convex loss plus ½‖u‖², and its minimum by Newton's method.</summary>
/// <remarks>
/// Conjugate gradients solve each Newton step (Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.1), so that the Hessian is never
/// formed. Since it is at least the identity, ‖u − u*‖ ≤ ‖∇J(u)‖, which gives the stopping rule.
/// </remarks>
internal abstract class ConvexObjective
{
    /// <summary>The usual tolerance of <see cref="Minimize"/>.</summary>
    public const double Tolerance = 1e-9;

    private const int MaximumHalvings = 40;

    /// <summary>Computes the value and the gradient, and keeps what <see cref="MultiplyByHessian"/> needs.</summary>
    /// <param name="u">The arguments.</param>
    /// <param name="gradient">Receives the gradient, of the same length.</param>
    protected abstract double Evaluate(double[] u, double[] gradient);

    /// <summary>Computes the product of the Hessian at the last evaluated arguments with a vector.</summary>
    /// <param name="v">The vector.</param>
    /// <param name="product">Receives the product.</param>
    protected abstract void MultiplyByHessian(double[] v, double[] product);

    /// <summary>The arguments of the minimum.</summary>
    /// <param name="from">The initial arguments.</param>
    /// <param name="maximumSteps">The largest number of Newton steps.</param>
    /// <param name="tolerance">The largest distance to the minimum, ‖u − u*‖ / (1 + ‖u‖).</param>
    protected double[] Minimize(double[] from, int maximumSteps, double tolerance)
    {
        double[] u = [.. from], gradient = new double[u.Length], next = new double[u.Length];
        double value = Evaluate(u, gradient);
        for (int step = 0; step < maximumSteps; step++)
        {
            double norm = TensorPrimitives.Norm<double>(gradient);
            if (!(norm > tolerance * (1 + TensorPrimitives.Norm<double>(u)))) // also if a number is not finite
                break;
            double[] direction = Direction(gradient, norm);
            double slope = TensorPrimitives.Dot<double>(gradient, direction), rate = 1, slack = 1e-12 * (1 + Math.Abs(value)); // rounding error
            for (int halving = 0; ; halving++)
            {
                TensorPrimitives.MultiplyAdd(direction, -rate, u, next);
                double nextValue = Evaluate(next, gradient);
                if (nextValue <= value - 1e-4 * rate * slope + slack || halving == MaximumHalvings) // Armijo
                {
                    value = nextValue;
                    break;
                }

                rate /= 2;
            }

            (u, next) = (next, u);
        }

        return u;
    }

    // H⁻¹∇J, with a precision that grows near the minimum.
    private double[] Direction(double[] gradient, double norm)
    {
        double[] solution = new double[gradient.Length], residual = [.. gradient], search = [.. gradient], product = new double[gradient.Length];
        double squared = norm * norm, goal = norm * Math.Min(0.1, norm);
        for (int i = 0; i < 2 * gradient.Length && Math.Sqrt(squared) > goal; i++)
        {
            MultiplyByHessian(search, product);
            double rate = squared / TensorPrimitives.Dot<double>(search, product);
            TensorPrimitives.MultiplyAdd(search, rate, solution, solution);
            TensorPrimitives.MultiplyAdd(product, -rate, residual, residual);
            double next = TensorPrimitives.SumOfSquares<double>(residual);
            TensorPrimitives.MultiplyAdd(search, next / squared, residual, search);
            squared = next;
        }

        return solution;
    }
}
