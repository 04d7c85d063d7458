using System.Globalization;

namespace MetaML.Extensions.Experiments.Results;

/// <summary>The recommendation of an experiment as one sentence.</summary>
internal static class RecommendationText
{
    /// <summary>The recommended strategy with the reason.</summary>
    /// <param name="best">The recommended run.</param>
    /// <param name="verdict">The verdict of the validation tasks.</param>
    /// <param name="transfer">The comparison of learning across tasks with learning from scratch; null if one of the two is missing.</param>
    /// <param name="isTest">Whether the comparison is on the test tasks.</param>
    public static string Of(RunDetail best, TransferVerdict verdict, PairedComparison? transfer, bool isTest)
    {
        string metric = best.Metric.DisplayName();
        if (transfer is null)
            return string.Create(CultureInfo.InvariantCulture, $"Use '{best.TrainerName}': {metric} {best.Score} on {best.Score!.Value.Count} validation tasks; it is unknown whether learning across tasks helps, since {(best.Kind == StrategyKind.FromScratch ? "no strategy that learns across tasks" : "no strategy from scratch")} succeeded.");

        string claim = verdict switch
        {
            TransferVerdict.Helps => "learning across tasks helps",
            TransferVerdict.Uncertain => "learning across tasks seems to help, but the gain may be due to chance",
            _ => "learning across tasks does not help here (negative transfer)",
        };
        double strategyMean = transfer.Tasks.Select(task => task.Strategy).DefaultIfEmpty(double.NaN).Average(), baselineMean = transfer.Tasks.Select(task => task.Baseline).DefaultIfEmpty(double.NaN).Average();
        string doubt = isTest && transfer.Gain.Mean > 0 == (verdict == TransferVerdict.DoesNotHelp) ? "; the test tasks do not confirm it" : "";
        string With(string strategy) => strategy == best.TrainerName ? "with it" : $"with '{strategy}'";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Use '{best.TrainerName}': {claim}; on {transfer.Tasks.Count} {(isTest ? "test" : "validation")} tasks, {metric} is {strategyMean:F3} {With(transfer.Strategy)} and {baselineMean:F3} {With(transfer.Baseline)} (gain {transfer.Gain}, 95 %; {transfer.Wins} wins, {transfer.Ties} ties, {transfer.Losses} losses){doubt}.");
    }
}
