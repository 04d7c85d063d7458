using MetaML.Options;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Describes the rows without a score.</summary>
internal static class UnscoredRows
{
    /// <summary>A sentence with the number of rows without a score, and with their tasks and row numbers; null if all rows have a score.</summary>
    public static string? Text(TaskEvaluation evaluation)
    {
        TaskMetrics[] tasks = [.. evaluation.Tasks.Where(task => task.UnscoredRowCount > 0)];
        if (tasks.Length == 0)
            return null;
        string names = NameList.OfTexts(tasks.Select(task => $"task '{task.Task}' (rows {NameList.OfTexts(task.UnscoredRows.Select(row => $"{row}"))})"));
        return $"{evaluation.UnscoredRowCount} rows have no finite score and are left out: {names}.";
    }

    /// <summary>Writes a warning about the rows that the metrics leave out.</summary>
    /// <param name="env">The environment that receives the warning.</param>
    /// <param name="evaluation">The metrics.</param>
    /// <param name="strategy">The name of the strategy that gave the scores; null if only one model is evaluated.</param>
    public static void Warn(IHostEnvironment env, TaskEvaluation evaluation, string? strategy = null)
    {
        if (Text(evaluation) is not { } text)
            return;
        using IChannel channel = env.Start("Evaluation");
        channel.Warning(strategy is null ? text : $"'{strategy}': {text}");
    }
}
