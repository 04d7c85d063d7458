using System.Globalization;
using MetaML.Data;
using MetaML.Episodes;

namespace MetaML.Training;

/// <summary>Sentences for the log about choices of tasks and episodes that the options leave to the data.</summary>
internal static class EpisodeReasons
{
    /// <summary>Whether tasks share their classes, if the options do not set it.</summary>
    public static IEnumerable<string> OfClasses(IEnumerable<TaskSet> problems, MetaTrainingOptions options)
    {
        if (options.ClassSets != ClassSets.Auto || options.Episodes.Ways is not null)
            yield break;
        foreach (TaskSet problem in problems.Where(problem => problem.Kind == LabelKind.Multiclass && problem.Tasks.Count > 0))
        {
            double mean = problem.Tasks.Average(task => task.Labels.Distinct().Count());
            if (TaskSetBuilder.AreCommon(mean, problem.ClassCount) == problem.HasCommonOutputs) // not for outputs, which always have their own classes
                yield return string.Create(CultureInfo.InvariantCulture, $"Classes: {(problem.HasCommonOutputs ? "common to all tasks" : "separate for each task")}, since a task has {mean:0.#} of the {problem.ClassCount} on average.");
        }
    }

    /// <summary>How supports are drawn, if the options do not set it.</summary>
    public static IEnumerable<string> OfRows(IEnumerable<TaskSet> problems, EpisodeOptions options)
    {
        if (!options.IsSupportOpen)
            yield break;
        foreach (TaskSet problem in problems)
        {
            int[] rows = [.. problem.Tasks.Select(task => task.RowCount).Order()];
            int median = rows[rows.Length / 2], minimum = Math.Max(1, problem.Tasks.Max(task => task.Classes.Length));
            string shares = problem.HasCommonOutputs && problem.Kind != LabelKind.Regression ? $" {RowSampler.EmptyShareOf(problem.Kind, problem.HasCommonOutputs, options):P0} of the supports are empty, and most are drawn without regard to classes." : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"Support: {minimum} to {RowSampler.MostSupport(median, minimum)} rows for a task with the median number of rows, {median}. The number is drawn for each step, since Episodes does not set it.{shares}");
        }
    }
}
