using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;
using MetaML.Weighting.Losses;

namespace MetaML;

/// <summary>STCH: training minimises a smooth form of the largest relative loss, μ log Σᵢ exp(fᵢ / μ) with fᵢ = log(Lᵢ / zᵢ) and zᵢ the task's first losses. λᵢ ∝ exp(fᵢ / μ) / Lᵢ.</summary>
/// <remarks>
/// Source: Lin et al., Smooth Tchebycheff Scalarization for Multi-Objective Optimization (STCH), 2024, arXiv 2402.19078. As in the
/// authors' code for multi-task learning, the objectives are log losses relative to those of the start of the training, with equal
/// preferences. The derivative of the objective by Lᵢ is softmax(f / μ)ᵢ / Lᵢ. zᵢ is the mean of the task's first losses; while it is
/// measured, fᵢ is 0. Deviations: the number of first losses is counted for each task, because steps draw tasks; the softmax is over
/// all tasks, each with its last loss; λ has mean 1. Losses below 1e-8 count as 1e-8.
/// </remarks>
[SavedName("stch")]
public sealed record SmoothTchebycheffWeightingOptions : TaskWeightingOptions
{
    /// <summary>μ: the smoothness. A smaller value gives larger weights to the tasks whose losses fell least. With 1 the weights are constant: λᵢ ∝ 1 / zᵢ.</summary>
    /// <value>From 0.001 to 1000; default 0.5.</value>
    public double Smoothness { get; set; } = 0.5;

    /// <summary>The number of a task's first losses whose mean is zᵢ.</summary>
    /// <value>At least 1; default 10.</value>
    public int ReferenceSteps { get; set; } = 10;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count, Smoothness, ReferenceSteps);

    internal override void Validate()
    {
        OptionCheck.InRange(this, nameof(Smoothness), Smoothness, 0.001, 1000);
        OptionCheck.AtLeast(this, nameof(ReferenceSteps), ReferenceSteps, 1);
    }

    private sealed class Weighting(int tasks, double smoothness, int referenceSteps) : ITaskWeighting
    {
        private readonly LastLosses _losses = new(tasks);
        private readonly double[] _references = new double[tasks]; // zᵢ
        private readonly int[] _steps = new int[tasks];
        private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            _losses.Exchange(state);
            state.Exchange(_references.AsSpan());
            state.Exchange(_weights.AsSpan());
            for (int task = 0; task < _steps.Length; task++)
                state.Exchange(ref _steps[task]);
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
            _losses.Observe(drawn, losses);
            for (int i = 0; i < drawn.Count; i++)
            {
                int task = drawn[i], step = ++_steps[task];
                if (step <= referenceSteps)
                    _references[task] += (losses[i] - _references[task]) / step;
            }

            _weights = _losses.Weights(task => Objective(task) / smoothness - _losses[task]);
        }

        private double Objective(int task) => _steps[task] <= referenceSteps ? 0 : _losses[task] - LastLosses.Log(_references[task]); // fᵢ
    }
}
