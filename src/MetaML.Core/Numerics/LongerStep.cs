using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>The longer step that two steps of a fixed-point iteration suggest: from θ with differences r and r + v of the steps, to θ + 2sr + s²v with s = ‖r‖ / ‖v‖.</summary>
/// <remarks>Source: SQUAREM, Varadhan and Roland, Simple and globally convergent methods for accelerating the convergence of any EM algorithm, 2008, scheme S3.</remarks>
internal sealed class LongerStep
{
    // The factor by which the longest allowed s changes: it grows when s reaches it, and falls when the longer step fails.
    private const double Factor = 4;

    private double _longest = Factor;

    /// <summary>Visits the point of the longer step.</summary>
    /// <param name="first">The point before both steps.</param>
    /// <param name="second">The point after one step.</param>
    /// <param name="third">The point after two steps.</param>
    /// <param name="visit">Evaluates a point; null if it is worse than the second point.</param>
    /// <returns>The result of the visit; null if there is no longer step or it failed.</returns>
    public T? Try<T>(double[] first, double[] second, double[] third, Func<double[], T?> visit)
        where T : class
    {
        double[] r = MatrixAlgebra.Difference(second, first), v = MatrixAlgebra.Difference(MatrixAlgebra.Difference(third, second), r);
        double stretch = TensorPrimitives.Norm<double>(r) / Math.Max(TensorPrimitives.Norm<double>(v), double.Epsilon);
        if (!(stretch > 1))
            return null;
        bool isLongest = stretch >= _longest;
        stretch = Math.Min(stretch, _longest);
        double[] point = [.. first];
        MatrixAlgebra.AddScaled(r, 2 * stretch, point);
        MatrixAlgebra.AddScaled(v, stretch * stretch, point);
        T? visited = visit(point);
        if (visited is null)
            _longest = Math.Max(_longest / Factor, Factor);
        else if (isLongest)
            _longest *= Factor;
        return visited;
    }
}
