using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using MetaML.Extensions.Descriptions;
using MetaML.Extensions.Experiments.Results;
using MetaML.Extensions.Experiments.Runs;
using MetaML.Models;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments;

/// <summary>Makes the result of an experiment from its runs: the verdict, the test, and the second fit of the best strategy.</summary>
internal sealed class ExperimentConclusion(MLContext context, TaskExperimentSettings settings, ExperimentData data, ExperimentRunner runner, TaskMetric metric)
{
    public ExperimentResult ToResult(RunDetail best, DateTimeOffset started, double searchSeconds, ExperimentEnd end)
    {
        RunDetail[] bestOfKinds = [.. Enum.GetValues<StrategyKind>().Select(kind => runner.Best(detail => detail.Kind == kind)).OfType<RunDetail>()];
        RunDetail[] finalists = [.. bestOfKinds.Concat(runner.FirstChoices()).DistinctBy(detail => detail.TrainerName)];
        FewShotEvaluation validation = data.Validation.ToEvaluation([.. finalists.Select(detail => detail.ValidationCurve!)]);
        var clock = Stopwatch.StartNew();
        FewShotEvaluation? test = Test(finalists);
        double testSeconds = clock.Elapsed.TotalSeconds;
        PairedComparison? transfer = HeldOutTransfer.Of(runner, metric, test);
        TransferVerdict verdict = HeldOutTransfer.VerdictOf(transfer);
        int? tasksToDecide = verdict == TransferVerdict.Uncertain ? HeldOutTransfer.TasksToDecide(transfer!.Gain) : null;

        clock.Restart();
        ITransformer? model = Refit(best);
        return new ExperimentResult
        {
            Recommendation = RecommendationText.Of(best, verdict, transfer, tasksToDecide),
            Verdict = verdict,
            Kind = data.Validation.Kind,
            Metric = metric,
            RunDetails = runner.Details,
            BestRun = best,
            Model = model,
            Validation = validation,
            Test = test,
            Transfer = transfer,
            TasksToDecide = tasksToDecide,
            Relatedness = ExperimentRelatedness.Of(
                context, finalists.FirstOrDefault(detail => detail.Kind == StrategyKind.MetaLearned)?.Model, data.TrainingRows, settings.CancellationToken),
            Description = new ExperimentDescription
            {
                Seed = settings.Seed!.Value,
                Settings = [.. OptionText.Changes(settings)],
                Versions = Versions(),
                TrainingTasks = data.TrainingTasks,
                ValidationTasks = data.Validation.TaskNames,
                TestTasks = data.Test?.TaskNames ?? [],
                ProcessorCount = Environment.ProcessorCount,
                Started = started,
                SearchInSeconds = searchSeconds,
                TestInSeconds = testSeconds,
                RefitInSeconds = clock.Elapsed.TotalSeconds,
                End = end,
            },
        };
    }

    // Evaluates the models that were fitted to the training tasks.
    private FewShotEvaluation? Test(RunDetail[] finalists)
    {
        if (data.Test is null || settings.CancellationToken.IsCancellationRequested)
            return null;
        try
        {
            return data.Test.ToEvaluation([.. finalists.Select(detail =>
                data.Test.TryEvaluate(runner.PlanOf(detail).Strategy(null, settings.CancellationToken), data.Training, detail.Model, null, settings.CancellationToken))]);
        }
        catch (OperationCanceledException)
        {
            return null; // the results of the search remain
        }
    }

    private ITransformer? Refit(RunDetail best)
    {
        if (best.Kind == StrategyKind.FromScratch || best.Estimator is null)
            return best.Model;
        try
        {
            return settings.CancellationToken.IsCancellationRequested
                ? best.Model
                : runner.PlanOf(best).Strategy(null, settings.CancellationToken).Estimator!.Fit(data.AllTraining);
        }
        catch (OperationCanceledException)
        {
            return best.Model;
        }
    }

    private static KeyValuePair<string, string>[] Versions() =>
    [
        .. new[] { typeof(TaskExperiment).Assembly, typeof(MetaModel).Assembly, typeof(MLContext).Assembly, typeof(TorchSharp.torch).Assembly }.Select(assembly => KeyValuePair.Create(
            assembly.GetName().Name!, assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version!.ToString())),
        KeyValuePair.Create(".NET", Environment.Version.ToString()),
        KeyValuePair.Create("operating system", RuntimeInformation.OSDescription),
    ];
}
