using MetaML.Options;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The rows without a score, in words.</summary>
internal static class UnscoredRows
{
    /// <summary>How many rows have no score, and which they are; null if all rows have a score.</summary>
    public static string? Text(TaskEvaluation evaluation)
    {
        TaskMetrics[] tasks = [.. evaluation.Tasks.Where(task => task.UnscoredRowCount > 0)];
        if (tasks.Length == 0)
            return null;
        string names = NameList.OfTexts(tasks.Select(task => $"task '{task.Task}' (rows {NameList.OfTexts(task.UnscoredRows.Select(row => $"{row}"))})"));
        return $"{evaluation.UnscoredRowCount} rows have no finite score and are left out: {names}.";
    }

    /// <summary>Warns of the rows that the metrics leave out.</summary>
    /// <param name="env">The environment whose log is written.</param>
    /// <param name="evaluation">The metrics.</param>
    /// <param name="strategy">The strategy that gave the scores; null if there is one model.</param>
    public static void Warn(IHostEnvironment env, TaskEvaluation evaluation, string? strategy = null)
    {
        if (Text(evaluation) is not { } text)
            return;
        using IChannel channel = env.Start("Evaluation");
        channel.Warning(strategy is null ? text : $"'{strategy}': {text}");
    }
}
