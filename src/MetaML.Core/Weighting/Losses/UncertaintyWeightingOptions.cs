using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Weights by uncertainty: noisy tasks have smaller weights. λᵢ ∝ exp(−sᵢ), where sᵢ = log σᵢ² is learned with the loss exp(−sᵢ) Lᵢ + c sᵢ.</summary>
/// <remarks>
/// Source: Kendall et al., Multi-Task Learning Using Uncertainty to Weigh Losses, 2018, arXiv 1705.07115: for regression
/// (Gaussian) ½ exp(−s) L + ½ s, so c = 1; for classes (softmax) exp(−s) L + ½ s, so c = ½. Only the s of drawn tasks change, by a
/// gradient step.
/// </remarks>
[SavedName("uncertainty")]
public sealed record UncertaintyWeightingOptions : TaskWeightingOptions
{
    /// <summary>Step size of sᵢ.</summary>
    /// <value>Positive; default 0.05.</value>
    public double LearningRate { get; set; } = 0.05;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting([.. tasks.Select(task => task.Kind == LabelKind.Regression ? 1 : 0.5)], LearningRate);

    internal override void Validate() => OptionCheck.Positive(this, nameof(LearningRate), LearningRate);

    private sealed class Weighting(double[] balances, double rate) : ITaskWeighting
    {
        private const double LargestStep = 1;

        private readonly double[] _logVariances = new double[balances.Length];
        private double[] _weights = [.. Enumerable.Repeat(1.0, balances.Length)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            state.Exchange(_logVariances.AsSpan());
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            for (int i = 0; i < drawn.Count; i++)
            {
                double slope = balances[drawn[i]] - Math.Exp(-_logVariances[drawn[i]]) * losses[i];
                _logVariances[drawn[i]] -= Math.Clamp(rate * slope, -LargestStep, LargestStep);
            }

            _weights = FixedWeighting.Normalize(Array.ConvertAll(_logVariances, s => Math.Exp(-s)));
        }
    }
}
