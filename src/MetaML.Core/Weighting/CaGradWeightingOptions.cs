using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>The step that helps the task it helps least the most, near the mean gradient g₀: maximise minᵢ gᵢ · d over ‖d − g₀‖ ≤ c‖g₀‖.</summary>
/// <remarks>
/// Source: Liu et al., Conflict-Averse Gradient Descent (CAGrad), 2021, arXiv 2110.14048: d = g₀ + (√φ / ‖g_w‖) g_w, with φ = c²‖g₀‖²,
/// g_w = Σᵢ wᵢ gᵢ, and w on the simplex minimising g_w · g₀ + √φ ‖g_w‖ (see <see cref="ConflictAverseProblem"/>). gᵢ is by the
/// encoder's parameters; the adapter's own move along the same combination. The reported weights are those of each task's
/// last step.
/// </remarks>
public sealed record CaGradWeightingOptions : TaskWeightingOptions
{
    /// <summary>c: how far the step may leave the mean gradient, as a share of its length.</summary>
    /// <value>At least 0 (the mean gradient) and below 1; default 0.5.</value>
    public double Radius { get; set; } = 0.5;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, Radius);

    internal override void Validate()
    {
        if (!(Radius is >= 0 and < 1))
            throw OptionCheck.Error(this, nameof(Radius), "at least 0 and below 1", Radius, "The mean loss need not fall any more.");
    }

    private sealed class Weighting(int tasks, double radius) : CombiningWeighting(tasks)
    {
        protected override double[] Combine(double[,] products, Random random)
        {
            int n = products.GetLength(0);
            var combination = new double[n];
            Array.Fill(combination, 1);
            var problem = new ConflictAverseProblem(products, radius);
            double[] w = problem.Solve();
            double norm = problem.Norm(w);
            for (int i = 0; i < n && norm > 0; i++)
                combination[i] += n * problem.Reach / norm * w[i];
            return combination;
        }
    }
}
