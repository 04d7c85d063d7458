using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Noisy tasks count less: λᵢ ∝ exp(−sᵢ), with sᵢ = log σᵢ² learned with the loss exp(−sᵢ) Lᵢ + c sᵢ.</summary>
/// <remarks>
/// Source: Kendall et al., Multi-Task Learning Using Uncertainty to Weigh Losses, 2018, arXiv 1705.07115: for values
/// (Gaussian) ½ exp(−s) L + ½ s, so c = 1; for classes (softmax) exp(−s) L + ½ s, so c = ½. A task's s takes a gradient step
/// when the task is drawn.
/// </remarks>
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
