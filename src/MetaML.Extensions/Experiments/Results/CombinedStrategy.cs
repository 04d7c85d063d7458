namespace MetaML;

/// <summary>Several strategies of an experiment in one model: a weighted ensemble, or a routed model in which known tasks have the strategy that is best for them.</summary>
public sealed record CombinedStrategy
{
    /// <summary>The name of the combination.</summary>
    public required string Name { get; init; }

    /// <summary>The weight of each strategy, by its name, with sum 1, the largest first. In a routed model, the common choice has all weight.</summary>
    public required IReadOnlyList<KeyValuePair<string, double>> Weights { get; init; }

    /// <summary>In a routed model, the strategy of each task that does not have the common choice, by the task's name; otherwise empty.</summary>
    public IReadOnlyDictionary<string, string> Routes { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The comparison with the best run, task by task, on the tasks that judged the runs. Weights are chosen without the tasks of each part, and judged on this
    /// part. Routes of a task are chosen by one half of its rows, and judged on the other half.
    /// </summary>
    public required PairedComparison Comparison { get; init; }

    /// <summary>The comparison with the best run on the test tasks; null if there are no test tasks, or if there is no <see cref="Model"/>. A routed model scores new tasks as the best run does.</summary>
    public PairedComparison? Test { get; init; }

    /// <summary>Whether the combination is fitted: the gain of <see cref="Comparison"/> is above one standard error. The gain is certain only if its interval is above 0.</summary>
    public bool IsChosen => Comparison.Gain is var gain && gain.Mean > gain.StandardError;

    /// <summary>The model: an ordinary transformer that saves, loads and adapts. Its parts are fitted to training and validation tasks together. Null unless <see cref="IsChosen"/>, and if the experiment was cancelled.</summary>
    public EnsembleTransformer? Model { get; init; }
}
