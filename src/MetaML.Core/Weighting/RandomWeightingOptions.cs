using MetaML.Options;
using MetaML.Files;
using MetaML.Numerics;
using MetaML.Weighting;

namespace MetaML;

/// <summary>New weights for every outer step: λ = softmax of standard normal draws.</summary>
/// <remarks>Source: Lin et al., Reasonable Effectiveness of Random Weighting (RLW), 2022, arXiv 2111.10603.</remarks>
[SavedName("random")]
public sealed record RandomWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count);

    private sealed class Weighting(int tasks) : ITaskWeighting
    {
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state) => state.Exchange(_weights.AsSpan());

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random) =>
            _weights = FixedWeighting.Normalize([.. _weights.Select(_ => Math.Exp(NormalRandom.Next(random)))]);
    }
}
