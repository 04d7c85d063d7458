namespace MetaML;

/// <summary>What a learner's decisions gave or cost, decision by decision, over many tasks: its learning curve. With the regret as the value it is the regret curve of the literature on bandits.</summary>
public sealed class DecisionCurve
{
    /// <summary>Makes a curve of the values of each task.</summary>
    /// <param name="learner">The learner's name.</param>
    /// <param name="kind">The rows that the learner learns from.</param>
    /// <param name="values">For each task the values of its decisions, in their order: rewards, or regrets (the reward of the best action less that of the chosen one). Tasks may have different numbers of decisions.</param>
    /// <exception cref="ArgumentException">There is no task, a task has no decision, or a value is not finite.</exception>
    public DecisionCurve(string learner, StrategyKind kind, IEnumerable<KeyValuePair<string, IReadOnlyList<double>>> values)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(learner);
        ArgumentNullException.ThrowIfNull(values);
        Learner = learner;
        Kind = kind;
        Values = values.ToDictionary();
        if (Values.Count == 0 || Values.Values.Any(task => task.Count == 0))
            throw new ArgumentException($"A curve must have at least one task, and each task at least one decision; '{learner}' has {(Values.Count == 0 ? "no task" : $"task '{Values.First(task => task.Value.Count == 0).Key}' without a decision")}. Leave such tasks out.", nameof(values));
        if (Values.FirstOrDefault(task => !task.Value.All(double.IsFinite)) is { Key: { } name })
            throw new ArgumentException($"The value of a decision must be finite; '{learner}' has one of task '{name}' that is not. Leave the decision out.", nameof(values));
        IReadOnlyList<double>[] tasks = [.. Values.Values];
        double[][] sums = [.. tasks.Select(Sums)];
        int decisions = tasks.Max(task => task.Count);
        Means = [.. Enumerable.Range(0, decisions).Select(i => At(tasks, i))];
        CumulativeMeans = [.. Enumerable.Range(0, decisions).Select(i => At(sums, i))];
        Overall = MeanInterval.Of(tasks.Select(task => task.Average()));
    }

    /// <summary>Makes a curve of the rewards in a log of decisions.</summary>
    /// <param name="learner">The learner's name.</param>
    /// <param name="kind">The rows that the learner learns from.</param>
    /// <param name="log">The log. The decisions of a task are in their order.</param>
    /// <exception cref="ArgumentException">There is no decision, or a reward is not finite.</exception>
    public static DecisionCurve OfRewards(string learner, StrategyKind kind, IEnumerable<BanditOutcome> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return new DecisionCurve(learner, kind, log.GroupBy(outcome => outcome.Entry.Task)
            .Select(task => KeyValuePair.Create<string, IReadOnlyList<double>>(task.Key, [.. task.Select(outcome => (double)outcome.Reward)])));
    }

    /// <summary>The learner's name.</summary>
    public string Learner { get; }

    /// <summary>The rows that the learner learns from: for example <see cref="StrategyKind.FromScratch"/> for a learner of each task alone, and <see cref="StrategyKind.Pooled"/> for one learner of all tasks.</summary>
    public StrategyKind Kind { get; }

    /// <summary>The values of the decisions of each task.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Values { get; }

    /// <summary>The value of decision 1, 2, …: the mean over the tasks that have as many decisions, with its 95 % interval.</summary>
    public IReadOnlyList<MeanInterval> Means { get; }

    /// <summary>The sum of the values up to decision 1, 2, …: the mean over the tasks that have as many decisions, with its 95 % interval.</summary>
    public IReadOnlyList<MeanInterval> CumulativeMeans { get; }

    /// <summary>The value of a decision: the mean over tasks of each task's mean, with its 95 % interval.</summary>
    public MeanInterval Overall { get; }

    private static MeanInterval At(IEnumerable<IReadOnlyList<double>> tasks, int decision) =>
        MeanInterval.Of(tasks.Where(task => task.Count > decision).Select(task => task[decision]));

    private static double[] Sums(IReadOnlyList<double> values)
    {
        double sum = 0;
        return [.. values.Select(value => sum += value)];
    }
}
