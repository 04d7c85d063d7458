using MetaML.Options;
using MetaML.Weighting;

namespace MetaML;

/// <summary>Weights that the user knows: of how related the tasks are to those that matter, say.</summary>
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

    /// <summary>Weight by the task's name; tasks that are not named get 1. They are scaled to mean 1 over all tasks.</summary>
    /// <value>Finite and not negative, not all 0; names of training tasks.</value>
    public IReadOnlyDictionary<string, double> Weights { get; set; } = new Dictionary<string, double>();

    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks)
    {
        OptionCheck.KnownTasks(this, nameof(Weights), Weights.Keys, tasks.Select(task => task.Name));
        double[] weights = [.. tasks.Select(task => Weights.GetValueOrDefault(task.Name, 1))];
        return weights.Any(weight => weight > 0) ? new FixedWeighting(weights) : throw OptionCheck.Error(this, nameof(Weights), "positive for at least one task", "0 for all", "There would be nothing to learn.");
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
