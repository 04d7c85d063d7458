using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>FAMO: weights that let all losses fall at the same relative rate. λᵢ ∝ zᵢ / Lᵢ, with z = softmax(ξ). ξᵢ rises if log Lᵢ falls less than the z-weighted mean.</summary>
/// <remarks>
/// Source: Liu et al., FAMO: Fast Adaptive Multitask Optimization, 2023, arXiv 2306.03792. As in the paper, one more forward
/// pass computes the losses L⁺ of the same episodes after the step; gradients of single tasks are not needed. Then δ = Jᵀ(log L −
/// log L⁺) with J the Jacobian of softmax, and ξ ← ξ − β(δ + γξ) by Adam, as in the authors' code. The softmax is over the drawn
/// tasks, and only the ξ of drawn tasks change. Losses below 1e-8 count as 1e-8.
/// </remarks>
[SavedName("famo")]
public sealed record FamoWeightingOptions : TaskWeightingOptions
{
    /// <summary>β: the step size of ξ.</summary>
    /// <value>Positive; default 0.025.</value>
    public double LearningRate { get; set; } = 0.025;

    /// <summary>γ: the decay of ξ towards 0.</summary>
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
        private readonly double[] _losses = [.. Enumerable.Repeat(1.0, tasks)]; // of the last step in which the task was drawn
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
            double[] logRatios = [.. before.Zip(after, (from, to) => Math.Log(Math.Max(from, SmallestLoss)) - Math.Log(Math.Max(to, SmallestLoss)))];
            double mean = z.Zip(logRatios, (share, value) => share * value).Average();
            for (int i = 0; i < drawn.Count; i++)
            {
                int task = drawn[i];
                double slope = z[i] / drawn.Count * (logRatios[i] - mean) + decay * _logits[task];
                _steps[task]++;
                _means[task] = Beta1 * _means[task] + (1 - Beta1) * slope;
                _squares[task] = Beta2 * _squares[task] + (1 - Beta2) * slope * slope;
                double firstMoment = _means[task] / (1 - Math.Pow(Beta1, _steps[task])), secondMoment = _squares[task] / (1 - Math.Pow(Beta2, _steps[task]));
                _logits[task] -= rate * firstMoment / (Math.Sqrt(secondMoment) + Epsilon);
            }
        }
    }
}
