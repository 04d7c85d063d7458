using MetaML.Options;
using MetaML.Files;
using MetaML.Weighting;
using MetaML.Weighting.Losses;

namespace MetaML;

/// <summary>GLS: training minimises the geometric mean of the losses, so that all tasks count alike whatever the size of their losses. λᵢ ∝ 1 / Lᵢ.</summary>
/// <remarks>
/// Source: Chennupati et al., MultiNet++: Geometric Loss Strategy for Multi-Task Learning, 2019, arXiv 1904.08492. The gradient of
/// (∏ᵢ Lᵢ)^(1/n) is this mean, times Σᵢ ∇Lᵢ / (n Lᵢ). Deviation: λ has mean 1, so the factor in front of the sum is replaced. With
/// tasks that are not drawn in a step, the mean is that of all tasks, each with its last loss. Losses below 1e-8 count as 1e-8.
/// </remarks>
[SavedName("gls")]
public sealed record GeometricLossWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count);

    private sealed class Weighting(int tasks) : ITaskWeighting
    {
        private readonly LastLosses _losses = new(tasks);
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            _losses.Exchange(state);
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            _losses.Observe(drawn, losses);
            _weights = _losses.Weights(task => -_losses[task]);
        }
    }
}
