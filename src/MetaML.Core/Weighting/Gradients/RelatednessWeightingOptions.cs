using MetaML.Files;
using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Weights by relatedness to target tasks: λᵢ ∝ exp(aᵢ / T), with aᵢ the cosine of task i's gradient with the mean gradient of the target tasks.</summary>
/// <remarks>
/// To first order, a step along gᵢ changes the loss of a target by −α gᵢ · g. Fifty et al. call this the affinity. Source: Fifty
/// et al., Efficiently Identifying Task Groupings (TAG), 2021, arXiv 2109.04617; the cosine as in Du et al., Adapting Auxiliary
/// Losses Using Gradient Similarity, 2018, arXiv 1812.02224. Gradients are those by the encoder's parameters. aᵢ is a running
/// average over the steps in which task i and a target were drawn (factor 0.9), and 0 before the first of them. The weights are
/// useful if only some tasks matter, and the capacity of the encoder or the number of steps is too small for all tasks. In other
/// cases unrelated tasks do little harm.
/// </remarks>
[SavedName("relatedness")]
public sealed record RelatednessWeightingOptions : TaskWeightingOptions
{
    /// <summary>Options with their defaults.</summary>
    public RelatednessWeightingOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private RelatednessWeightingOptions(RelatednessWeightingOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The target tasks.</summary>
    /// <value>Names of training tasks, at least one.</value>
    public IReadOnlyList<string> TargetTasks { get; set; } = [];

    /// <summary>T, the temperature. A higher temperature gives more equal weights.</summary>
    /// <value>Positive; default 0.25.</value>
    public double Temperature { get; set; } = 0.25;

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks)
    {
        OptionCheck.KnownTasks(this, nameof(TargetTasks), TargetTasks, tasks.Select(task => task.Name));
        return new Weighting([.. tasks.Select(task => TargetTasks.Contains(task.Name))], Temperature);
    }

    internal override void Validate()
    {
        OptionCheck.NotNull(this, nameof(TargetTasks), TargetTasks);
        if (TargetTasks.Count == 0)
            throw OptionCheck.Error(this, nameof(TargetTasks), "at least one training task", "none", "Without targets there is no relatedness to weight by.", "Name the tasks that matter.");
        OptionCheck.Positive(this, nameof(Temperature), Temperature);
    }

    private sealed class Weighting(bool[] isTarget, double temperature) : IGradientWeighting
    {
        private readonly RunningAverages _affinities = new(isTarget.Length);
        private double[] _weights = [.. Enumerable.Repeat(1.0, isTarget.Length)];

        public IReadOnlyList<double> Weights => _weights;

        public void Exchange(StateExchange state)
        {
            _affinities.Exchange(state);
            state.Exchange(_weights.AsSpan());
        }

        public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses, Random random)
        {
        }

        public double[] Combine(IReadOnlyList<int> drawn, double[,] products, Random random)
        {
            int[] targets = [.. Enumerable.Range(0, drawn.Count).Where(i => isTarget[drawn[i]])];
            double squared = targets.Sum(i => targets.Sum(j => products[i, j])); // ‖Σ g‖² of the targets
            for (int i = 0; i < drawn.Count && squared > 0; i++)
            {
                if (products[i, i] > 0)
                    _affinities.Add(drawn[i], targets.Sum(j => products[i, j]) / Math.Sqrt(products[i, i] * squared));
            }

            _weights = FixedWeighting.Normalize([.. isTarget.Select((_, task) => Math.Exp(_affinities[task] / temperature))]);
            return [.. drawn.Select(task => _weights[task])];
        }
    }
}
