using System.Globalization;
using Microsoft.ML;

namespace MetaML.Extensions.Reporting.Tests;

/// <summary>Artificial results of experiments and evaluations.</summary>
internal static class SomeResults
{
    private static readonly (string Name, StrategyKind Kind, string Options, double Level)[] s_strategies =
    [
        ("meta-learned, ridge", StrategyKind.MetaLearned, "MLP 64-64, ridge, uniform weights", 0.10),
        ("meta-learned, ANIL", StrategyKind.MetaLearned, "MLP 64-64, 3 inner steps, rate 0.1", 0.085),
        ("joint, shared encoder", StrategyKind.Joint, "MLP 64-64", 0.04),
        ("pooled, LightGBM", StrategyKind.Pooled, "task as a feature", 0.01),
        ("from scratch, L-BFGS", StrategyKind.FromScratch, "", -0.06),
        ("from scratch, FastTree", StrategyKind.FromScratch, "20 leaves", -0.09),
    ];

    /// <summary>Four learners that decide thirty times for each of some tasks: the better the learner, the less it loses from decision to decision.</summary>
    public static DecisionComparison Decisions(int tasks = 40, string learner = "learned across customers")
    {
        var random = new Random(5);
        DecisionCurve Curve(string name, StrategyKind kind, double speed) => new(name, kind, Enumerable.Range(0, tasks)
            .Select(task => KeyValuePair.Create<string, IReadOnlyList<double>>($"customer {task + 1}", [.. Enumerable.Range(0, 30).Select(i => Math.Exp(-speed * i) + 0.3 * random.NextDouble())])));
        return new DecisionComparison("profit lost", isHigherBetter: false,
            [Curve("each customer alone", StrategyKind.FromScratch, 0.05), Curve(learner, StrategyKind.MetaLearned, 0.2), Curve("one learner for all", StrategyKind.Pooled, 0)]);
    }

    /// <summary>An experiment in which meta-learning helps most tasks, and harms a few.</summary>
    public static ExperimentResult Experiment(int tasks = 24, Func<int, string>? name = null, int relatedTasks = 16, int weightedTasks = 6, bool helps = true, bool hasFailure = true)
    {
        name ??= task => $"clinic {task + 1}";
        FewShotEvaluation validation = FewShot(12, task => $"validation clinic {task + 1}", 1, helps), test = FewShot(tasks, name, 2, helps);
        var runs = s_strategies.Select((strategy, i) => new RunDetail
        {
            TrainerName = strategy.Name,
            Kind = strategy.Kind,
            Options = strategy.Options,
            Metric = TaskMetric.Accuracy,
            RuntimeInSeconds = 0.6 + 9.7 * (s_strategies.Length - i),
            PeakMemory = new PeakMemory(40_000_000, 380_000_000 + 7_000_000L * i),
            PredictionMilliseconds = 0.004 * (i + 1),
            ModelBytes = 30_000L << i,
            MaximumNumberOfIterations = strategy.Kind >= StrategyKind.Joint ? 800 : null,
            Round = strategy.Kind >= StrategyKind.Joint ? 3 : null,
            ValidationCurve = validation[strategy.Name],
            LearningCurve = strategy.Kind >= StrategyKind.Joint ? LearningCurve(i, weightedTasks) : [],
        }).ToList();
        if (hasFailure)
        {
            runs.Insert(2, new RunDetail
            {
                TrainerName = "mine, SDCA",
                Kind = StrategyKind.Pooled,
                Metric = TaskMetric.Accuracy,
                RuntimeInSeconds = 0.2,
                Exception = new InvalidOperationException("Training must see two classes; got one."),
            });
        }

        PairedComparison transfer = test.Compare(s_strategies[0].Name, s_strategies[4].Name);
        RunDetail best = helps ? runs[0] : runs.First(run => run.Kind == StrategyKind.FromScratch);
        return new ExperimentResult
        {
            Recommendation = helps
                ? string.Create(CultureInfo.InvariantCulture, $"Use 'meta-learned, ridge': learning across tasks helps: on {tasks} test tasks, accuracy is {transfer.Tasks.Average(task => task.Strategy):F3} by 'meta-learned, ridge' and {transfer.Tasks.Average(task => task.Baseline):F3} by 'from scratch, L-BFGS' (gain {transfer.Gain}, 95 %; {transfer.Wins} wins, {transfer.Ties} ties, {transfer.Losses} losses).")
                : "Learn each task from scratch with L-BFGS: learning across tasks does worse here.",
            Verdict = helps ? TransferVerdict.Helps : TransferVerdict.Harms,
            Kind = LabelKind.Binary,
            Metric = TaskMetric.Accuracy,
            RunDetails = runs,
            BestRun = best,
            Validation = validation,
            Test = test,
            Ensemble = helps ? Combined("ensemble of 2", [new(s_strategies[0].Name, 0.75), new(s_strategies[1].Name, 0.25)], [], validation, test) : null,
            Routed = helps ? Combined("routed", [new(s_strategies[0].Name, 1)], [new("validation clinic 7", s_strategies[3].Name)], validation, null) : null,
            Transfer = transfer,
            Importance = [new("Temperature", new MeanInterval(0.123, 0.045, tasks)), new("Weekday", new MeanInterval(0.011, 0.02, tasks))],
            Relatedness = relatedTasks > 1 ? Related(relatedTasks) : null,
            Description = new ExperimentDescription
            {
                Seed = 1,
                Settings = [new("MaxExperimentTimeInSeconds", "120"), new("MaxModels", "12"), new("SupportSizes", "5, 10, 20, 50")],
                Versions = [new("MetaML.Extensions", "0.1.0"), new("Microsoft.ML", "5.0.1"), new(".NET", "10.0.0")],
                TrainingTasks = [.. Enumerable.Range(0, 40).Select(task => $"training clinic {task + 1}")],
                ValidationTasks = [.. Enumerable.Range(0, 12).Select(task => $"validation clinic {task + 1}")],
                TestTasks = [.. Enumerable.Range(0, tasks).Select(name)],
                ProcessorCount = 2,
                Started = new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero),
                SearchInSeconds = 94.6,
                TimeLimitInSeconds = 120,
                TestInSeconds = 7.25,
                RefitInSeconds = 12.5,
                End = ExperimentEnd.Completed,
            },
        };
    }

    // A combination with the metrics of the best strategy, and a model.
    private static CombinedStrategy Combined(string name, KeyValuePair<string, double>[] weights, KeyValuePair<string, string>[] routes, FewShotEvaluation validation, FewShotEvaluation? test)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Transforms.CopyColumns("Score", "Guess").Fit(ml.Data.LoadFromEnumerable(new[] { new { Guess = 1f } }));
        return new CombinedStrategy
        {
            Name = name,
            Weights = weights,
            Routes = routes.ToDictionary(),
            Comparison = validation.Compare(s_strategies[0].Name, s_strategies[1].Name),
            Test = test?.Compare(s_strategies[0].Name, s_strategies[1].Name),
            Model = ml.MetaLearning().Ensemble([model]),
        };
    }

    /// <summary>All strategies on the same tasks.</summary>
    public static FewShotEvaluation FewShot(int tasks = 10, Func<int, string>? name = null, int seed = 3, bool helps = true)
    {
        name ??= task => $"task {task + 1}";
        int[] sizes = [5, 10, 20, 50];
        return new FewShotEvaluation
        {
            Kind = LabelKind.Binary,
            Metric = TaskMetric.Accuracy,
            SupportSizes = sizes,
            IsPerClass = false,
            Draws = 5,
            Seed = seed,
            Curves =
            [
                .. s_strategies.Select((strategy, i) =>
                {
                    double level = helps ? strategy.Level : -strategy.Level;
                    FewShotPoint[] points = [.. sizes.Select((size, s) => new FewShotPoint(size, Evaluation(tasks, name, seed, i, level * (1 - 0.2 * s), 0.055 * s)))];
                    return new FewShotCurve
                    {
                        Strategy = strategy.Name,
                        Kind = strategy.Kind,
                        Points = points,
                        Overall = Mean([.. points.Select(point => point.Evaluation)]),
                        RuntimeInSeconds = 1.5 * (i + 1),
                    };
                }),
            ],
        };
    }

    /// <summary>Metrics of some tasks, one of them with an undefined AUC.</summary>
    public static TaskEvaluation Evaluation(int tasks = 10, Func<int, string>? name = null, int seed = 1, int strategy = 0, double level = 0, double rise = 0)
    {
        name ??= task => $"task {task + 1}";
        var random = new Random(seed);
        return Of([
            .. Enumerable.Range(0, tasks).Select(task =>
            {
                double difficulty = random.NextDouble(), own = s_strategies.Select(_ => random.NextDouble()).ToArray()[strategy];
                double accuracy = Math.Clamp(0.42 + level + rise + 0.12 * difficulty + 0.22 * own, 0, 1);
                return (name(task), 180 + 7 * task, accuracy);
            }),
        ]);
    }

    /// <summary>Metrics of tasks with given accuracies.</summary>
    public static TaskEvaluation Of(params (string Task, int Rows, double Accuracy)[] tasks) => new(LabelKind.Binary, [
        .. tasks.Select((task, i) => new TaskMetrics
        {
            Task = task.Task,
            RowCount = task.Rows,
            Values = LabelKind.Binary.Metrics().ToDictionary(metric => metric, metric => metric switch
            {
                TaskMetric.Accuracy => task.Accuracy,
                TaskMetric.AreaUnderRocCurve => i == 0 ? double.NaN : Math.Min(1, task.Accuracy + 0.05),
                TaskMetric.LogLoss => 1.6 * (1 - task.Accuracy),
                _ => task.Accuracy - 0.03,
            }),
        }),
    ]);

    /// <summary>Tasks in three groups. The order of the names differs from that of the groups.</summary>
    public static RelatednessMatrix Related(int tasks, Func<int, string>? name = null)
    {
        name ??= task => $"training clinic {task + 1}";
        var random = new Random(5);
        return new RelatednessMatrix("gain by transfer", [.. Enumerable.Range(0, tasks).Select(name)], [
            .. Enumerable.Range(0, tasks).Select(from => (IReadOnlyList<double>)[
                .. Enumerable.Range(0, tasks).Select(to => (from % 3 == to % 3 ? 0.2 : -0.06) + 0.08 * (random.NextDouble() - 0.5)),
            ]),
        ]);
    }

    private static LearningPoint[] LearningCurve(int strategy, int tasks)
    {
        var random = new Random(strategy);
        return [
            .. Enumerable.Range(0, 200).Select(i =>
            {
                double decay = 0.3 + 0.4 * Math.Exp(-i / 40.0);
                return new LearningPoint(4 * (i + 1), decay + 0.05 * random.NextDouble(), i < 10 ? null : decay + 0.03 + 0.01 * random.NextDouble(), 0.11 * i,
                    Enumerable.Range(0, tasks).ToDictionary(task => $"training clinic {task + 1}", task => 1 + (task - (tasks - 1) / 2.0) / tasks * (1 - Math.Exp(-i / 60.0))));
            }),
        ];
    }

    private static TaskEvaluation Mean(TaskEvaluation[] all) => new(all[0].Kind, [
        .. all[0].Tasks.Select((task, t) => task with { Values = task.Values.Keys.ToDictionary(metric => metric, metric => all.Average(one => one.Tasks[t][metric])) }),
    ]);
}
