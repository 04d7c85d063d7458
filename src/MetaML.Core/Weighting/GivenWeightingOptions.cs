using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Weights that the user sets.</summary>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions
/// {
///     TaskWeighting = new GivenWeightingOptions { Weights = new Dictionary&lt;string, double&gt; { ["store 7"] = 3, ["store 9"] = 0 } },
/// };
/// ITransformer weighted = ml.Regression.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
[SavedName("given")]
public sealed record GivenWeightingOptions : TaskWeightingOptions
{
    /// <summary>Options with their defaults.</summary>
    public GivenWeightingOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private GivenWeightingOptions(GivenWeightingOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>Weights by the names of tasks. All other tasks get 1. The weights are then scaled to mean 1 over all tasks.</summary>
    /// <value>Names of training tasks; weights finite, not negative and not all 0.</value>
    public IReadOnlyDictionary<string, double> Weights { get; set; } = new Dictionary<string, double>();

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks)
    {
        OptionCheck.KnownTasks(this, nameof(Weights), Weights.Keys, tasks.Select(task => task.Name));
        double[] weights = [.. tasks.Select(task => Weights.GetValueOrDefault(task.Name, 1))];
        return weights.Any(weight => weight > 0) ? new FixedWeighting(weights) : throw OptionCheck.Error(this, nameof(Weights), "positive for at least one task", "0 for all", "Every loss would be multiplied by 0.");
    }

    internal override void Validate()
    {
        OptionCheck.NotNull(this, nameof(Weights), Weights);
        foreach (var (name, weight) in Weights)
        {
            if (!(weight >= 0 && double.IsFinite(weight)))
                throw OptionCheck.Error(this, nameof(Weights), "finite and not negative", $"{weight} for '{name}'");
        }
    }
}
