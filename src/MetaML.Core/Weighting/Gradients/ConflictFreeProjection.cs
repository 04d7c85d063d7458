using MetaML.Numerics;

namespace MetaML.Weighting.Gradients;

/// <summary>The convex problem of UPGrad: the projection of a gradient onto the vectors that have no negative product with any gradient.</summary>
/// <remarks>
/// The projection of gᵢ onto {x : gⱼ · x ≥ 0 for all j} is x = gᵢ + Σⱼ uⱼ gⱼ, where u ≥ 0 minimises ‖x‖ (non-negative least squares).
/// It is found by the active-set method of Lawson and Hanson (1974). The gradient with the most negative product joins a set,
/// and x becomes orthogonal to all gradients of the set. A gradient leaves the set when its coefficient would be negative. The
/// number of these steps is finite. Gradients are scaled to the norm 1, and coefficients uⱼ to uⱼ‖gⱼ‖ / ‖gᵢ‖.
/// </remarks>
internal sealed class ConflictFreeProjection
{
    private const double SmallestConflict = 1e-6; // a cosine; products are sums in single precision

    private readonly double[] _norms;
    private readonly double[,] _cosines;

    /// <param name="products">gᵢ · gⱼ, [n, n].</param>
    public ConflictFreeProjection(double[,] products)
    {
        int n = products.GetLength(0);
        _norms = [.. Enumerable.Range(0, n).Select(i => Math.Sqrt(products[i, i]))];
        _cosines = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n && _norms[i] > 0; j++)
                _cosines[i, j] = _norms[j] > 0 ? products[i, j] / (_norms[i] * _norms[j]) : 0;
        }
    }

    /// <summary>u for the projection of gᵢ: [n].</summary>
    public double[] Of(int i)
    {
        int n = _norms.Length;
        var u = new double[n];
        var set = new List<int>();
        for (int step = 0; step < 10 * n && WorstConflict(i, u, set) is { } worst; step++)
        {
            set.Add(worst);
            if (!TryReach(i, u, set))
                break;
        }

        return [.. u.Select((value, j) => value > 0 ? value * _norms[i] / _norms[j] : 0)];
    }

    // The gradient outside the set whose product with x is the most negative; null if there is no conflict.
    private int? WorstConflict(int i, double[] u, List<int> set)
    {
        (int? worst, double smallest) = (null, -SmallestConflict);
        for (int j = 0; j < u.Length; j++)
        {
            double product = _cosines[j, i];
            for (int k = 0; k < u.Length; k++)
                product += _cosines[j, k] * u[k];
            if (product < smallest && !set.Contains(j))
                (worst, smallest) = (j, product);
        }

        return worst;
    }

    // Moves u to the solution of the set, or as far as no coefficient becomes negative. False if the set is linearly dependent.
    private bool TryReach(int i, double[] u, List<int> set)
    {
        while (TrySolve(i, set, out double[] solution))
        {
            double share = 1;
            for (int k = 0; k < set.Count; k++)
            {
                if (solution[k] <= 0)
                    share = Math.Min(share, u[set[k]] / (u[set[k]] - solution[k]));
            }

            bool isReached = solution.All(value => value > 0);
            for (int k = 0; k < set.Count; k++)
                u[set[k]] = share * solution[k] + (1 - share) * u[set[k]];
            if (isReached)
                return true;
            foreach (int j in set.Where((j, k) => solution[k] <= 0 && u[j] <= 1e-14).ToArray())
            {
                u[j] = 0;
                set.Remove(j);
            }
        }

        return false;
    }

    // The coefficients for which x is orthogonal to the set.
    private bool TrySolve(int i, List<int> set, out double[] solution)
    {
        int size = set.Count;
        solution = [.. set.Select(j => -_cosines[j, i])];
        double[] system = [.. set.SelectMany(j => set.Select(k => _cosines[j, k]))];
        try
        {
            Cholesky.Solve(system, size, solution, 1);
            return true;
        }
        catch (ArithmeticException)
        {
            return false;
        }
    }
}
