namespace MetaML;

/// <summary>Several learners that decided for the same tasks. The package MetaML.Extensions.Reporting writes it as a report with the curves.</summary>
/// <example>
/// <code>
/// var across = new Dictionary&lt;string, IReadOnlyList&lt;double&gt;&gt; { ["customer 1"] = [0.9, 0.2], ["customer 2"] = [1.1, 0.1] }; // what each visit lost
/// var alone = new Dictionary&lt;string, IReadOnlyList&lt;double&gt;&gt; { ["customer 1"] = [0.9, 0.7], ["customer 2"] = [1.1, 0.6] };
/// var comparison = new DecisionComparison("regret", isHigherBetter: false,
/// [
///     new DecisionCurve("learned across customers", StrategyKind.MetaLearned, across),
///     new DecisionCurve("each customer alone", StrategyKind.FromScratch, alone),
/// ]);
/// Console.WriteLine(comparison.Gain("learned across customers", "each customer alone"));
/// comparison.SaveHtml("report.html");
/// </code>
/// </example>
public sealed class DecisionComparison
{
    /// <summary>Compares learners.</summary>
    /// <param name="quantity">What the values are, for example "profit" or "regret".</param>
    /// <param name="isHigherBetter">Whether larger values are better: true for rewards, false for regrets.</param>
    /// <param name="curves">A curve for each learner, of the same tasks.</param>
    /// <exception cref="ArgumentException">There is no learner, two have the same name, or their tasks differ.</exception>
    public DecisionComparison(string quantity, bool isHigherBetter, IEnumerable<DecisionCurve> curves)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(quantity);
        ArgumentNullException.ThrowIfNull(curves);
        Quantity = quantity;
        IsHigherBetter = isHigherBetter;
        Curves = [.. curves];
        if (Curves.Count == 0)
            throw new ArgumentException("There must be at least one learner; got none.", nameof(curves));
        if (Curves.GroupBy(curve => curve.Learner).FirstOrDefault(same => same.Count() > 1) is { } name)
            throw new ArgumentException($"Each learner must have a name of its own; '{name.Key}' occurs more than once. Give another name.", nameof(curves));
        DecisionCurve first = Curves[0];
        if (Curves.FirstOrDefault(curve => curve.Values.Count != first.Values.Count || !curve.Values.Keys.All(first.Values.ContainsKey)) is { } other)
            throw new ArgumentException($"All learners must have decided for the same tasks; those of '{first.Learner}' and '{other.Learner}' differ. Leave the other tasks out.", nameof(curves));
    }

    /// <summary>What the values are.</summary>
    public string Quantity { get; }

    /// <summary>Whether larger values are better.</summary>
    public bool IsHigherBetter { get; }

    /// <summary>The curve of each learner.</summary>
    public IReadOnlyList<DecisionCurve> Curves { get; }

    /// <summary>How much better a decision of one learner is than one of another: the mean of the paired differences over tasks, with its 95 % interval. It is positive if the first is better.</summary>
    /// <param name="learner">The learner's name.</param>
    /// <param name="baseline">The name of the other.</param>
    /// <exception cref="ArgumentException">There is no learner of this name.</exception>
    public MeanInterval Gain(string learner, string baseline)
    {
        (DecisionCurve ours, DecisionCurve theirs) = (Curve(learner, nameof(learner)), Curve(baseline, nameof(baseline)));
        double sign = IsHigherBetter ? 1 : -1;
        return MeanInterval.Of(ours.Values.Select(task => sign * (task.Value.Average() - theirs.Values[task.Key].Average())));
    }

    private DecisionCurve Curve(string learner, string parameter) => Curves.FirstOrDefault(curve => curve.Learner == learner)
        ?? throw new ArgumentException($"The name must be that of a learner; got '{learner}'. The learners are '{string.Join("', '", Curves.Select(curve => curve.Learner))}'.", parameter);
}
