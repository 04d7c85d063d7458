using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>GradNorm: weights that let all tasks learn at the same rate. λᵢ moves towards λᵢ‖gᵢ‖ = Ḡ rᵢ^α, with Ḡ the mean gradient norm of the drawn tasks, and rᵢ the ratio of task i's loss to its first loss, relative to the mean ratio.</summary>
/// <remarks>
/// gᵢ is the gradient by the encoder's last layer, the last layer that tasks share. Source: Chen et al., GradNorm, 2018, arXiv
/// 1711.02257: a gradient step on Σᵢ |λᵢ‖gᵢ‖ − Ḡ rᵢ^α| with constant targets. Deviations: the step changes log λᵢ and is in units
/// of Ḡ, so that weights stay positive and the scale of losses does not matter; a task's loss is a running average over the steps
/// in which it was drawn (factor 0.9), because losses of single episodes are noisy; only the λ of drawn tasks change.
/// </remarks>
[SavedName("gradnorm")]
public sealed record GradNormWeightingOptions : TaskWeightingOptions
{
    /// <summary>α: the strength with which slow tasks get larger weights.</summary>
    /// <value>Finite and not negative; default 1.5. With 0 all gradient norms become equal.</value>
    public double Asymmetry { get; set; } = 1.5;

    /// <summary>Step size of log λᵢ.</summary>
    /// <value>Positive; default 0.025.</value>
    public double LearningRate { get; set; } = 0.025;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, Asymmetry, LearningRate);

    internal override void Validate()
    {
        OptionCheck.NotNegative(this, nameof(Asymmetry), Asymmetry);
        OptionCheck.Positive(this, nameof(LearningRate), LearningRate);
    }

    private sealed class Weighting(int tasks, double asymmetry, double rate) : IGradientWeighting
    {
        private const double LargestStep = 1;

        private readonly RunningAverages _losses = new(tasks);
        private readonly double[] _initialLosses = new double[tasks];
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public bool UsesLastLayer => true;

        public void Exchange(StateExchange state)
        {
            _losses.Exchange(state);
            state.Exchange(_initialLosses.AsSpan());
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            for (int i = 0; i < drawn.Count; i++)
            {
                if (_losses.Add(drawn[i], losses[i]) is null)
                    _initialLosses[drawn[i]] = losses[i];
            }
        }

        public double[] Combine(IReadOnlyList<int> drawn, double[,] products, Random random)
        {
            double[] norms = [.. drawn.Select((task, i) => _weights[task] * Math.Sqrt(products[i, i]))]; // λᵢ‖gᵢ‖
            double[] ratios = [.. drawn.Select(task => _initialLosses[task] > 0 ? _losses[task] / _initialLosses[task] : 1)];
            double norm = norms.Average(), meanRatio = ratios.Average();
            var weights = (double[])_weights.Clone();
            for (int i = 0; i < drawn.Count && norm > 0 && meanRatio > 0; i++)
            {
                double target = norm * Math.Pow(ratios[i] / meanRatio, asymmetry);
                double slope = Math.Sign(norms[i] - target) * norms[i] / norm; // the derivative by log λᵢ
                weights[drawn[i]] *= Math.Exp(-Math.Clamp(rate * slope, -LargestStep, LargestStep));
            }

            _weights = FixedWeighting.Normalize(weights);
            return [.. drawn.Select(task => _weights[task])];
        }
    }
}
