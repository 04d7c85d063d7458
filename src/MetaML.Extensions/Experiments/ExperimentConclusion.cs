using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using MetaML.Extensions.Data;
using MetaML.Extensions.Descriptions;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Experiments.Combinations;
using MetaML.Extensions.Experiments.Results;
using MetaML.Extensions.Experiments.Runs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Experiments;

/// <summary>Makes the result of an experiment from its runs: the verdict, the combinations, the test, and the second fit of the best strategies.</summary>
internal sealed class ExperimentConclusion(MLContext context, TaskExperimentSettings settings, ExperimentData data, ExperimentRunner runner, TaskMetric metric)
{
    // The models of strategies that were fitted again, by the strategy's name.
    private readonly Dictionary<string, ITransformer?> _refitted = [];

    public ExperimentResult ToResult(RunDetail best, ExperimentColumns columns, DateTimeOffset started, double searchSeconds, ExperimentEnd end)
    {
        RunDetail[] bestOfKinds = [.. Enum.GetValues<StrategyKind>().Select(kind => runner.Best(detail => detail.Kind == kind)).OfType<RunDetail>()];
        RunDetail[] finalists = [.. bestOfKinds.Concat(runner.FirstChoices()).DistinctBy(detail => detail.TrainerName)];
        FewShotEvaluation validation = data.Validation.ToEvaluation([.. finalists.Select(detail => detail.ValidationCurve!)]);
        StrategyCombiner? combiner = settings.CombinesStrategies ? StrategyCombiner.Of(runner, data.Validation, best) : null;
        var (ensemble, routed) = Combine(combiner);
        var clock = Stopwatch.StartNew();
        FewShotEvaluation? test = Test(finalists, ensemble is { IsChosen: true } ? (ensemble.Name, Ensemble(combiner!, ensemble, run => run.Model)) : null);
        double testSeconds = clock.Elapsed.TotalSeconds;
        PairedComparison? transfer = HeldOutTransfer.Of(runner, metric, test);
        TransferVerdict verdict = HeldOutTransfer.VerdictOf(transfer);
        int? tasksToDecide = verdict == TransferVerdict.Uncertain ? HeldOutTransfer.TasksToDecide(transfer!.Gain) : null;

        clock.Restart();
        ITransformer? model = Refit(best);
        if (ensemble is { IsChosen: true } && !IsCancelled)
            ensemble = ensemble with { Model = Ensemble(combiner!, ensemble, Refit), Test = test is null || test[ensemble.Name].Exception is not null || test[best.TrainerName].Exception is not null ? null : test.Compare(ensemble.Name, best.TrainerName) };
        if (routed is { IsChosen: true } && !IsCancelled && ColumnNames.IsTask(data.Training.Schema.GetColumnOrNull(columns.Task)?.Type)) // a task that a step makes is no column of the input
            routed = routed with { Model = Routed(combiner!, routed, columns.Task) };
        return new ExperimentResult
        {
            Recommendation = RecommendationText.Of(best, verdict, transfer, tasksToDecide, [ensemble, routed]),
            Verdict = verdict,
            Kind = data.Validation.Kind,
            Metric = metric,
            RunDetails = runner.Details,
            BestRun = best,
            Model = model,
            Ensemble = ensemble,
            Routed = routed,
            Validation = validation,
            Test = test,
            Transfer = transfer,
            TasksToDecide = tasksToDecide,
            Importance = Importance(best, columns),
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
                TimeLimitInSeconds = settings.MaxExperimentTimeInSeconds,
                TestInSeconds = testSeconds,
                RefitInSeconds = clock.Elapsed.TotalSeconds,
                End = end,
            },
        };
    }

    // Evaluates the models that were fitted to the training tasks.
    private FewShotEvaluation? Test(RunDetail[] finalists, (string Name, ITransformer Model)? ensemble)
    {
        if (data.Test is null || IsCancelled)
            return null;
        try
        {
            (LearningStrategy Strategy, ITransformer? Model)[] strategies = [.. finalists.Select(detail => (runner.PlanOf(detail).Strategy(null, settings.CancellationToken), detail.Model))];
            if (ensemble is var (name, model))
                strategies = [.. strategies, (new AdaptedStrategy(name, StrategyKind.Combined, null, model), model)];
            return data.Test.ToEvaluation([.. strategies.Select(strategy => data.Test.TryEvaluate(strategy.Strategy, data.Training, strategy.Model, null, settings.CancellationToken))]);
        }
        catch (OperationCanceledException)
        {
            return null; // the results of the search remain
        }
    }

    private IReadOnlyList<FeatureImportance> Importance(RunDetail best, ExperimentColumns columns)
    {
        if (!settings.MeasuresImportance || IsCancelled)
            return [];
        try
        {
            return (data.Test ?? data.Validation).Importance(
                runner.PlanOf(best).Strategy(null, settings.CancellationToken), best.Model, data.Training, new HashSet<string> { columns.Label, columns.Task }, settings.CancellationToken);
        }
        catch (Exception failure) // an estimator of a user can throw any exception; the results of the search remain
        {
            if (failure is not OperationCanceledException)
            {
                using IChannel channel = ((IHostEnvironment)context).Register(nameof(TaskExperiment)).Start("Importance");
                channel.Warning($"The importance of features cannot be measured. {failure.Message}");
            }

            return [];
        }
    }

    private ITransformer? Refit(RunDetail run)
    {
        if (!_refitted.TryGetValue(run.TrainerName, out ITransformer? model))
            _refitted[run.TrainerName] = model = FitAgain(run);
        return model;
    }

    private ITransformer? FitAgain(RunDetail run)
    {
        if (run.Kind == StrategyKind.FromScratch || run.Estimator is null)
            return run.Model;
        try
        {
            return IsCancelled ? run.Model : runner.PlanOf(run).Strategy(null, settings.CancellationToken).Estimator!.Fit(data.AllTraining);
        }
        catch (OperationCanceledException)
        {
            return run.Model;
        }
    }

    private (CombinedStrategy? Ensemble, CombinedStrategy? Routed) Combine(StrategyCombiner? combiner)
    {
        try
        {
            return (combiner?.Ensemble(settings.CancellationToken), combiner?.Routed(settings.CancellationToken));
        }
        catch (OperationCanceledException)
        {
            return (null, null);
        }
    }

    private EnsembleTransformer Ensemble(StrategyCombiner combiner, CombinedStrategy ensemble, Func<RunDetail, ITransformer?> modelOf)
    {
        RunDetail[] members = [.. ensemble.Weights.Select(weight => combiner.Strategies.First(run => run.TrainerName == weight.Key))];
        return context.MetaLearning().Ensemble([.. members.Select(run => modelOf(run)!)], [.. ensemble.Weights.Select(weight => weight.Value)]);
    }

    private EnsembleTransformer Routed(StrategyCombiner combiner, CombinedStrategy routed, string taskColumn)
    {
        string[] names = [routed.Weights[0].Key, .. routed.Routes.Values.Distinct()];
        double[] Only(string name) => [.. names.Select(other => other == name ? 1.0 : 0)];
        return context.MetaLearning().Ensemble(
            [.. names.Select(name => Refit(combiner.Strategies.First(run => run.TrainerName == name))!)], Only(names[0]), taskColumn, routed.Routes.ToDictionary(route => route.Key, route => (IReadOnlyList<double>)Only(route.Value)));
    }

    private bool IsCancelled => settings.CancellationToken.IsCancellationRequested;

    private static KeyValuePair<string, string>[] Versions() =>
    [
        .. new[] { typeof(TaskExperiment).Assembly, typeof(MetaModel).Assembly, typeof(MLContext).Assembly, typeof(TorchSharp.torch).Assembly }.Select(assembly => KeyValuePair.Create(
            assembly.GetName().Name!, assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version!.ToString())),
        KeyValuePair.Create(".NET", Environment.Version.ToString()),
        KeyValuePair.Create("operating system", RuntimeInformation.OSDescription),
    ];
}
