using System.Globalization;

namespace MetaML.Extensions.Experiments.Results;

/// <summary>The recommendation in one sentence.</summary>
internal static class RecommendationText
{
    /// <summary>What to use, and why.</summary>
    /// <param name="best">What is recommended.</param>
    /// <param name="verdict">By the validation tasks.</param>
    /// <param name="transfer">Learning across tasks against from scratch; null where there is nothing to compare.</param>
    /// <param name="isTest">Whether the comparison is on the test tasks.</param>
    public static string Of(RunDetail best, TransferVerdict verdict, PairedComparison? transfer, bool isTest)
    {
        string metric = best.Metric.DisplayName();
        if (transfer is null)
            return string.Create(CultureInfo.InvariantCulture, $"Use '{best.TrainerName}': {metric} {best.Score} on {best.Score!.Value.Count} validation tasks; nothing tells whether learning across tasks helps, since {(best.Kind == StrategyKind.FromScratch ? "no strategy that does so" : "no strategy from scratch")} succeeded.");

        string claim = verdict switch
        {
            TransferVerdict.Helps => "learning across tasks helps",
            TransferVerdict.Uncertain => "learning across tasks seems to help, though not beyond chance",
            _ => "learning across tasks does not help here (negative transfer)",
        };
        double ours = transfer.Tasks.Select(task => task.Strategy).DefaultIfEmpty(double.NaN).Average(), theirs = transfer.Tasks.Select(task => task.Baseline).DefaultIfEmpty(double.NaN).Average();
        string doubt = isTest && transfer.Gain.Mean > 0 == (verdict == TransferVerdict.DoesNotHelp) ? "; the test tasks do not confirm it" : "";
        string With(string strategy) => strategy == best.TrainerName ? "with it" : $"with '{strategy}'";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Use '{best.TrainerName}': {claim}; on {transfer.Tasks.Count} {(isTest ? "test" : "validation")} tasks, {metric} is {ours:F3} {With(transfer.Strategy)} and {theirs:F3} {With(transfer.Baseline)} (gain {transfer.Gain}, 95 %; {transfer.Wins} wins, {transfer.Ties} ties, {transfer.Losses} losses){doubt}.");
    }
}
