using MetaML.Data;
using MetaML.Options;

namespace MetaML.Training;

/// <summary>Checks that a training can use the covariates and groups of its tasks, and describes how it uses them.</summary>
internal static class CovariateCheck
{
    /// <summary>Throws if tasks have covariates or groups that the options do not support.</summary>
    /// <exception cref="ArgumentException">The adapter takes no covariates or groups, or tasks have separate classes or are drawn from classes.</exception>
    public static void Check(IReadOnlyList<TaskSet> problems, MetaTrainingOptions options)
    {
        if (problems.FirstOrDefault(problem => problem.GroupNames.Count > 0) is { } grouped)
        {
            CheckGroups(options);
            if (grouped.Kind == LabelKind.Multiclass)
                throw OptionCheck.Error(options, nameof(options.Adapter), "for values, counts or two classes if tasks are in groups", "multiclass labels", "The priors of groups are of one head.", "Leave the groups out.");
        }

        TaskSet? with = problems.FirstOrDefault(problem => problem.CovariateNames.Count > 0);
        if (with is null)
            return;
        CheckOptions(options);
        if (problems.FirstOrDefault(problem => problem.CovariateNames.Count > 0 && !problem.HasCommonOutputs) is not null)
            throw OptionCheck.Error(options, nameof(options.ClassSets), "Common if tasks have covariates", options.ClassSets, "A covariate has no effect on a class that other tasks do not have.", "Set ClassSets to Common, or leave the covariates out.");
    }

    /// <summary>Throws if options are set that do not support covariates.</summary>
    /// <exception cref="ArgumentException">The adapter takes no covariates, or tasks are drawn from classes.</exception>
    public static void CheckOptions(MetaTrainingOptions options)
    {
        if (options.Episodes.Ways is not null)
            throw OptionCheck.Error(options.Episodes, nameof(options.Episodes.Ways), "null if tasks have covariates", options.Episodes.Ways, "Tasks that are drawn from classes have no covariates.", "Leave the covariates out.");
        if (options.Adapter is { } adapter && !adapter.TakesCovariates())
            throw OptionCheck.Error(options, nameof(options.Adapter), $"null, {nameof(BayesianAdapterOptions)}, {nameof(RidgeAdapterOptions)} or {nameof(LogisticAdapterOptions)} if tasks have covariates", adapter.GetType().Name, "Its prior does not depend on covariates.", "Choose one of these adapters, or use the covariates as features.");
    }

    /// <summary>Throws if options are set that do not support groups.</summary>
    /// <exception cref="ArgumentException">The adapter takes no groups, or tasks are drawn from classes.</exception>
    public static void CheckGroups(MetaTrainingOptions options)
    {
        if (options.Episodes.Ways is not null)
            throw OptionCheck.Error(options.Episodes, nameof(options.Episodes.Ways), "null if tasks are in groups", options.Episodes.Ways, "Tasks that are drawn from classes are in no groups.", "Leave the groups out.");
        if (options.Adapter?.TakesGroups() != true)
            throw OptionCheck.Error(options, nameof(options.Adapter), $"{nameof(BayesianAdapterOptions)} if tasks are in groups", options.Adapter?.GetType().Name, "Its prior does not depend on groups.", "Set it, or leave the groups out.");
    }

    /// <summary>Sentences for the log.</summary>
    public static IEnumerable<string> Reasons(IEnumerable<TaskSet> problems, MetaTrainingOptions options)
    {
        foreach (TaskSet problem in problems.Where(problem => problem.GroupNames.Count > 0))
            yield return $"Groups of tasks, the outermost first: {NameList.Of(problem.GroupNames)}. The prior of a task is that of its innermost known group.";
        foreach (TaskSet problem in problems.Where(problem => problem.CovariateNames.Count > 0))
        {
            int count = problem.CovariateNames.Count, tasks = problem.Tasks.Count;
            bool isExact = options.Adapter is BayesianAdapterOptions { Shrinkage: false };
            string how = count >= tasks - 1 ? $"There are {count} for {tasks} tasks, so that their effects are shrunk towards 0, as strongly as the tasks' labels ask for{(isExact ? ", although Shrinkage is false" : "")}."
                : isExact ? "Their effects have the maximum likelihood, since Shrinkage is false."
                : "Empirical Bayes shrinks their effects towards 0, as strongly as the tasks' labels ask for.";
            yield return $"Covariates of tasks: {NameList.Of(problem.CovariateNames)}. The mean of the prior is linear in them. {how}";
        }
    }
}
