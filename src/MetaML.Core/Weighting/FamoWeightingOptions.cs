using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>All losses fall at the same rate: λᵢ ∝ zᵢ / Lᵢ, with z = softmax(ξ), and ξᵢ rises where log Lᵢ fell less than the z-weighted mean.</summary>
/// <remarks>
/// Source: Liu et al., FAMO: Fast Adaptive Multitask Optimization, 2023, arXiv 2306.03792. As there, a step's effect is evaluated on the same
/// batch: the losses of its episodes after the step, δ = Jᵀ(log L − log L⁺) with J the Jacobian of softmax, and ξ ← ξ − β(δ + γξ),
/// with β's step by Adam as in the authors' code: one forward pass more, no gradients of single tasks. A softmax is over the drawn
/// tasks; a task's ξ moves when it is drawn. Losses below 1e-8 count as 1e-8.
/// </remarks>
public sealed record FamoWeightingOptions : TaskWeightingOptions
{
    /// <summary>β: the step size of ξ.</summary>
    /// <value>Positive; default 0.025.</value>
    public double LearningRate { get; set; } = 0.025;

    /// <summary>γ: how strongly ξ is drawn to 0.</summary>
    /// <value>Finite and not negative; default 0.01.</value>
    public double Decay { get; set; } = 0.01;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, LearningRate, Decay);

    internal override void Validate()
    {
        OptionCheck.Positive(this, nameof(LearningRate), LearningRate);
        OptionCheck.NotNegative(this, nameof(Decay), Decay);
    }

    private sealed class Weighting(int tasks, double rate, double decay) : IAftermathWeighting
    {
        private const double SmallestLoss = 1e-8;
        private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

        private readonly double[] _logits = new double[tasks]; // ξ
        private readonly double[] _means = new double[tasks];
        private readonly double[] _squares = new double[tasks];
        private readonly int[] _steps = new int[tasks];
        private readonly double[] _losses = [.. Enumerable.Repeat(1.0, tasks)]; // when last drawn
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            foreach (double[] values in new[] { _logits, _means, _squares, _losses, _weights })
                state.Exchange(values.AsSpan());
            for (int task = 0; task < _steps.Length; task++)
                state.Exchange(ref _steps[task]);
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            for (int i = 0; i < drawn.Count; i++)
                _losses[drawn[i]] = Math.Max(losses[i], SmallestLoss);
            _weights = FixedWeighting.Normalize([.. _logits.Zip(_losses, (logit, loss) => Math.Exp(logit) / loss)]);
        }

        public void ObserveAftermath(IReadOnlyList<int> drawn, IReadOnlyList<double> before, IReadOnlyList<double> after)
        {
            double[] z = FixedWeighting.Normalize([.. drawn.Select(task => Math.Exp(_logits[task]))]); // n times the softmax
            double[] fall = [.. before.Zip(after, (from, to) => Math.Log(Math.Max(from, SmallestLoss)) - Math.Log(Math.Max(to, SmallestLoss)))];
            double mean = z.Zip(fall, (share, value) => share * value).Average();
            for (int i = 0; i < drawn.Count; i++)
            {
                int task = drawn[i];
                double slope = z[i] / drawn.Count * (fall[i] - mean) + decay * _logits[task];
                _steps[task]++;
                _means[task] = Beta1 * _means[task] + (1 - Beta1) * slope;
                _squares[task] = Beta2 * _squares[task] + (1 - Beta2) * slope * slope;
                double first = _means[task] / (1 - Math.Pow(Beta1, _steps[task])), second = _squares[task] / (1 - Math.Pow(Beta2, _steps[task]));
                _logits[task] -= rate * first / (Math.Sqrt(second) + Epsilon);
            }
        }
    }
}
