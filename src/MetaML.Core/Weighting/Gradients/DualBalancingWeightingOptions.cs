using MetaML.Options;
using MetaML.Weighting;
using MetaML.Weighting.Gradients;

namespace MetaML;

/// <summary>DB-MTL: the gradients of log losses are scaled to the same norm, that of the largest. The step uses Σᵢ α ∇log Lᵢ / ‖∇log Lᵢ‖, with α = maxᵢ ‖∇log Lᵢ‖.</summary>
/// <remarks>
/// Source: Lin et al., Dual-Balancing for Multi-Task Learning (DB-MTL), 2023, arXiv 2308.12029. Since ∇log Lᵢ = ∇Lᵢ / Lᵢ, the
/// combination is cᵢ = α / ‖gᵢ‖. Gradients are those by the encoder's parameters. The adapter's own parameters use the same
/// combination. The reported weight of a task is that of its last step. Deviation: β = 0, so the gradients are not averaged over
/// steps, because steps draw tasks and an average would need a copy of the encoder for each task. A task without a gradient has c = 1.
/// Losses below 1e-8 count as 1e-8.
/// </remarks>
[SavedName("db-mtl")]
public sealed record DualBalancingWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count);

    private sealed class Weighting(int tasks) : CombiningWeighting(tasks)
    {
        private const double SmallestLoss = 1e-8;

        private double[] _losses = []; // of this step; not part of a checkpoint

        public override void Observe(IReadOnlyList<int> tasks, IReadOnlyList<double> losses, Random random) =>
            _losses = [.. losses.Select(loss => Math.Max(loss, SmallestLoss))];

        protected override double[] Combine(double[,] products, Random random)
        {
            double[] norms = [.. _losses.Select((_, i) => Math.Sqrt(products[i, i]))];
            double largest = norms.Zip(_losses, (norm, loss) => norm / loss).Max(); // α
            return Array.ConvertAll(norms, norm => norm > 0 ? largest / norm : 1);
        }
    }
}
