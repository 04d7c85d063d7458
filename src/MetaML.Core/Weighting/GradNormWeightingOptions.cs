using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Tasks learn at the same pace: λᵢ moves until its gradient norm λᵢ‖gᵢ‖ is Ḡ rᵢ^α, with Ḡ the mean of the drawn tasks' and rᵢ how much of task i's first loss is left, relative to their mean.</summary>
/// <remarks>
/// gᵢ is by the encoder's last layer, the last that tasks share. Source: Chen et al., GradNorm, 2018, arXiv 1711.02257: a
/// gradient step on Σᵢ |λᵢ‖gᵢ‖ − Ḡ rᵢ^α| with the targets held constant. Deviations: the step is taken on log λᵢ and in units
/// of Ḡ, so that no weight turns negative and the rate does not depend on the losses' scale; a task's loss is averaged over the
/// steps in which it was drawn (factor 0.9), since single episodes are noisy; a task's λ moves when it is drawn.
/// </remarks>
public sealed record GradNormWeightingOptions : TaskWeightingOptions
{
    /// <summary>α: how strongly tasks that lag behind are pulled.</summary>
    /// <value>Finite and not negative; default 1.5. With 0 all gradient norms become alike.</value>
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
        private readonly double[] _first = new double[tasks];
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public bool UsesLastLayer => true;

        public void Exchange(StateExchange state)
        {
            _losses.Exchange(state);
            state.Exchange(_first.AsSpan());
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            for (int i = 0; i < drawn.Count; i++)
            {
                if (_losses.Add(drawn[i], losses[i]) is null)
                    _first[drawn[i]] = losses[i];
            }
        }

        public double[] Combine(IReadOnlyList<int> drawn, double[,] products, Random random)
        {
            double[] norms = [.. drawn.Select((task, i) => _weights[task] * Math.Sqrt(products[i, i]))]; // λᵢ‖gᵢ‖
            double[] left = [.. drawn.Select(task => _first[task] > 0 ? _losses[task] / _first[task] : 1)];
            double norm = norms.Average(), pace = left.Average();
            var weights = (double[])_weights.Clone();
            for (int i = 0; i < drawn.Count && norm > 0 && pace > 0; i++)
            {
                double target = norm * Math.Pow(left[i] / pace, asymmetry);
                double slope = Math.Sign(norms[i] - target) * norms[i] / norm; // by log λᵢ
                weights[drawn[i]] *= Math.Exp(-Math.Clamp(rate * slope, -LargestStep, LargestStep));
            }

            _weights = FixedWeighting.Normalize(weights);
            return [.. drawn.Select(task => _weights[task])];
        }
    }
}
