using MetaML.Options;
using MetaML.Weighting;
using MetaML.Weighting.Gradients;

namespace MetaML;

/// <summary>CAGrad: the step near the mean gradient g₀ that is best for the task with the smallest gain: max minᵢ gᵢ · d over ‖d − g₀‖ ≤ c‖g₀‖.</summary>
/// <remarks>
/// Source: Liu et al., Conflict-Averse Gradient Descent (CAGrad), 2021, arXiv 2110.14048: d = g₀ + (√φ / ‖g_w‖) g_w, with φ = c²‖g₀‖²,
/// g_w = Σᵢ wᵢ gᵢ. The weights w on the simplex minimise g_w · g₀ + √φ ‖g_w‖. gᵢ is the gradient by the encoder's parameters. The
/// adapter's own parameters use the same combination of tasks. The reported weight of a task is that of its last step.
/// </remarks>
[SavedName("cagrad")]
public sealed record CaGradWeightingOptions : TaskWeightingOptions
{
    /// <summary>c: the largest distance of the step from the mean gradient, relative to the norm of the mean gradient.</summary>
    /// <value>At least 0 (the mean gradient) and below 1; default 0.5.</value>
    public double Radius { get; set; } = 0.5;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, Radius);

    internal override void Validate()
    {
        if (!(Radius is >= 0 and < 1))
            throw OptionCheck.Error(this, nameof(Radius), "at least 0 and below 1", Radius, "The step might not decrease the mean loss.");
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
                combination[i] += n * problem.Radius / norm * w[i];
            return combination;
        }
    }
}
