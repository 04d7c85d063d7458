using System.Globalization;
using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Training;

/// <summary>The choices about tasks and episodes that the options leave open, in words.</summary>
internal static class EpisodeReasons
{
    /// <summary>Whether tasks share their classes, if the options leave this open.</summary>
    public static IEnumerable<string> OfClasses(IEnumerable<TaskSet> problems, MetaTrainingOptions options)
    {
        if (options.ClassSets != ClassSets.Auto || options.Episodes.Ways is not null)
            yield break;
        foreach (TaskSet problem in problems.Where(problem => problem.Kind == LabelKind.Multiclass && problem.Tasks.Count > 0))
        {
            double mean = problem.Tasks.Average(task => task.Labels.Distinct().Count());
            if (TaskSetBuilder.AreCommon(mean, problem.ClassCount) == problem.HasCommonOutputs) // outputs have classes of their own in any case
                yield return string.Create(CultureInfo.InvariantCulture, $"Classes: {(problem.HasCommonOutputs ? "common to all tasks" : "of each task its own")}, since a task has {mean:0.#} of the {problem.ClassCount} on average.");
        }
    }

    /// <summary>How supports are drawn, if the options leave this open.</summary>
    public static IEnumerable<string> OfRows(IEnumerable<TaskSet> problems, EpisodeOptions options)
    {
        if (!options.IsSupportOpen)
            yield break;
        foreach (TaskSet problem in problems)
        {
            int[] rows = [.. problem.Tasks.Select(task => task.RowCount).Order()];
            int median = rows[rows.Length / 2], fewest = Math.Max(1, problem.Tasks.Max(task => task.Classes.Length));
            yield return string.Create(CultureInfo.InvariantCulture, $"Support: {fewest} to {RowSampler.MostSupport(median, fewest)} rows of a task of {median}, the median, drawn anew for each step{(problem.HasCommonOutputs ? $", {options.EmptyShare ?? RowSampler.DefaultEmptyShare:P0} of the supports empty, and most without regard to classes" : "")}: Episodes leaves open how many a new task will have.");
        }
    }
}
