using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Dynamic weight average: tasks whose loss falls slowly have larger weights. λᵢ ∝ exp(rᵢ / T), with rᵢ the ratio of the task's last two losses.</summary>
/// <remarks>
/// Source: Liu et al., End-to-End Multi-Task Learning with Attention (DWA), 2019, arXiv 1803.10704. Deviation: a task's losses
/// are those of the steps in which it was drawn. They are running averages (factor 0.9), because losses of single episodes are
/// noisy.
/// </remarks>
[SavedName("dwa")]
public sealed record DynamicWeightAverageOptions : TaskWeightingOptions
{
    /// <summary>T, the temperature. A higher temperature gives more equal weights.</summary>
    /// <value>Positive; default 2.</value>
    public double Temperature { get; set; } = 2;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, Temperature);

    internal override void Validate() => OptionCheck.Positive(this, nameof(Temperature), Temperature);

    private sealed class Weighting(int tasks, double temperature) : ITaskWeighting
    {
        private readonly RunningAverages _losses = new(tasks);
        private readonly double[] _ratios = [.. Enumerable.Repeat(1.0, tasks)];
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            _losses.Exchange(state);
            state.Exchange(_ratios.AsSpan());
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            for (int i = 0; i < drawn.Count; i++)
            {
                double? previous = _losses.Add(drawn[i], losses[i]);
                _ratios[drawn[i]] = previous > 0 ? _losses[drawn[i]] / previous.Value : 1;
            }

            _weights = FixedWeighting.Normalize(Array.ConvertAll(_ratios, ratio => Math.Exp(ratio / temperature)));
        }
    }
}
