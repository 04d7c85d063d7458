namespace MetaML.Weighting.Gradients;

/// <summary>The convex problem of CAGrad: minimise F(w) = wᵀb + √φ √(wᵀAw) over the simplex, with Aᵢⱼ = gᵢ · gⱼ, b = A1/n and √φ = c √(1ᵀA1)/n.</summary>
/// <remarks>
/// Solved by accelerated projected gradient steps (Beck and Teboulle, 2009) with backtracking, and a restart whenever F rises
/// (O'Donoghue and Candès, 2015). The steps end when the duality gap maxⱼ ∇F · (w − eⱼ) is a small share of ‖g₀‖². Cost O(n²)
/// for each step.
/// </remarks>
internal sealed class ConflictAverseProblem
{
    private const int MaximumSteps = 2000;
    private const double Tolerance = 1e-9;

    private readonly double[,] _products;
    private readonly double[] _linear;
    private readonly double _meanSquare;

    /// <param name="products">A, [n, n].</param>
    /// <param name="radius">c.</param>
    public ConflictAverseProblem(double[,] products, double radius)
    {
        _products = products;
        int n = products.GetLength(0);
        var mean = new double[n];
        Array.Fill(mean, 1.0 / n);
        _linear = Multiply(mean);
        _meanSquare = Dot(mean, _linear); // ‖g₀‖²
        Radius = radius * Math.Sqrt(Math.Max(0, _meanSquare));
    }

    /// <summary>√φ: the largest distance of the step from g₀.</summary>
    public double Radius { get; }

    /// <summary>‖g_w‖.</summary>
    public double Norm(double[] w) => Math.Sqrt(Math.Max(0, Dot(w, Multiply(w))));

    /// <summary>The minimiser, [n].</summary>
    public double[] Solve()
    {
        int n = _linear.Length;
        var w = new double[n];
        Array.Fill(w, 1.0 / n);
        if (Radius == 0)
            return w;

        double[] extrapolated = w;
        double value = Value(w), step = 1 / Math.Max(Trace(), double.Epsilon), momentum = 1;
        for (int i = 0; i < MaximumSteps; i++)
        {
            double[] slope = Slope(w);
            if (Dot(slope, w) - slope.Min() <= Tolerance * _meanSquare)
                break;

            slope = Slope(extrapolated);
            double start = Value(extrapolated);
            double[] next;
            for (step *= 2; ; step /= 2)
            {
                next = Project([.. extrapolated.Select((value, j) => value - step * slope[j])]);
                double[] move = Difference(next, extrapolated);
                if (Value(next) <= start + Dot(slope, move) + Dot(move, move) / (2 * step) || step < 1e-300)
                    break;
            }

            double reached = Value(next);
            if (reached > value)
            {
                if (extrapolated == w)
                    break; // rounding prevents further progress
                (extrapolated, momentum) = (w, 1);
                continue;
            }

            double following = (1 + Math.Sqrt(1 + 4 * momentum * momentum)) / 2;
            double[] difference = Difference(next, w);
            double share = (momentum - 1) / following;
            extrapolated = Project([.. next.Select((value, j) => value + share * difference[j])]);
            (w, value, momentum) = (next, reached, following);
        }

        return w;
    }

    /// <summary>The nearest point of the simplex (Duchi et al., 2008).</summary>
    internal static double[] Project(double[] point)
    {
        double[] descending = [.. point.OrderDescending()];
        double sum = 0, shift = 0;
        for (int k = 0; k < point.Length; k++)
        {
            sum += descending[k];
            double candidate = (sum - 1) / (k + 1);
            if (descending[k] > candidate)
                shift = candidate;
        }

        return Array.ConvertAll(point, value => Math.Max(0, value - shift));
    }

    /// <summary>F(w).</summary>
    internal double Value(double[] w) => Dot(w, _linear) + Radius * Norm(w);

    private double[] Slope(double[] w)
    {
        double[] product = Multiply(w);
        double norm = Math.Sqrt(Math.Max(0, Dot(w, product)));
        return [.. _linear.Select((b, i) => b + (norm > 0 ? Radius * product[i] / norm : 0))]; // if g_w is 0, 0 is a subgradient of its norm
    }

    private double[] Multiply(double[] w)
    {
        var product = new double[w.Length];
        for (int i = 0; i < w.Length; i++)
        {
            for (int j = 0; j < w.Length; j++)
                product[i] += _products[i, j] * w[j];
        }

        return product;
    }

    private double Trace() => Enumerable.Range(0, _linear.Length).Sum(i => _products[i, i]);

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Difference(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];
}
