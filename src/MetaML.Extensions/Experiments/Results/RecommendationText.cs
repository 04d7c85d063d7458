using System.Globalization;

namespace MetaML.Extensions.Experiments.Results;

/// <summary>The recommendation of an experiment in one sentence, and a sentence for each combination that is chosen.</summary>
internal static class RecommendationText
{
    /// <summary>The recommended strategy with the reason.</summary>
    /// <param name="best">The recommended run.</param>
    /// <param name="verdict">The verdict.</param>
    /// <param name="transfer">The comparison of learning across tasks with learning from scratch; null if one of the two is missing.</param>
    /// <param name="tasksToDecide">About how many held-out tasks would decide; null if that is unknown.</param>
    /// <param name="combinations">The combinations of strategies; null for one that there is not.</param>
    public static string Of(RunDetail best, TransferVerdict verdict, PairedComparison? transfer, int? tasksToDecide, IEnumerable<CombinedStrategy?> combinations) =>
        string.Join(" ", combinations.OfType<CombinedStrategy>().Where(combination => combination.IsChosen).Select(Of).Prepend(Of(best, verdict, transfer, tasksToDecide)));

    private static string Of(CombinedStrategy combination)
    {
        PairedComparison comparison = combination.Comparison;
        string claim = comparison.Gain.Lower > 0 ? "is better" : "may be better";
        string subject = combination.Routes.Count > 0 ? $"For known tasks, a routed model with another strategy for {combination.Routes.Count} of them {claim}" : $"An {combination.Name} strategies {claim}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{subject}: {comparison.Metric.DisplayName()} {MeanInterval.Text(comparison.Tasks.Average(task => task.Strategy))} instead of {MeanInterval.Text(comparison.Tasks.Average(task => task.Baseline))} on {comparison.Tasks.Count} tasks (gain {comparison.Gain}, 95 %).");
    }

    private static string Of(RunDetail best, TransferVerdict verdict, PairedComparison? transfer, int? tasksToDecide)
    {
        string metric = best.Metric.DisplayName();
        if (transfer is null)
            return string.Create(CultureInfo.InvariantCulture, $"Use '{best.TrainerName}': {metric} {best.Score} on {best.Score!.Value.Count} validation tasks; it is unknown whether learning across tasks helps, since {(best.Kind == StrategyKind.FromScratch ? "no strategy that learns across tasks" : "no strategy from scratch")} succeeded.");

        string claim = verdict switch
        {
            TransferVerdict.Helps => "learning across tasks helps",
            TransferVerdict.Harms => "learning across tasks is worse here (negative transfer)",
            _ => string.Create(CultureInfo.InvariantCulture, $"it cannot be told whether learning across tasks helps{(tasksToDecide is { } count ? $", and about {count:N0} held-out tasks would tell" : "")}"),
        };
        double strategyMean = transfer.Tasks.Select(task => task.Strategy).DefaultIfEmpty(double.NaN).Average(), baselineMean = transfer.Tasks.Select(task => task.Baseline).DefaultIfEmpty(double.NaN).Average();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Use '{best.TrainerName}': {claim}; on {transfer.Tasks.Count} held-out tasks, {metric} is {MeanInterval.Text(strategyMean)} for the best strategy that learns across tasks ('{transfer.Strategy}') and {MeanInterval.Text(baselineMean)} for the best from scratch ('{transfer.Baseline}') (gain {transfer.Gain}, 95 %; {transfer.Wins} wins, {transfer.Ties} ties, {transfer.Losses} losses).");
    }
}
