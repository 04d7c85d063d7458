using System.Diagnostics;
using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Interop;
using MetaML.Options;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>Evaluates strategies on the same tasks, with the same draws of support and query.</summary>
internal sealed class FewShotEvaluator
{
    /// <summary>The largest number of features whose importance is measured.</summary>
    public const int MostFeatures = 100;

    private const int Permutations = 3; // of each feature

    private readonly MLContext _context;
    private readonly EvaluationRows _evaluated;
    private readonly LabeledRows _rows;
    private readonly FewShotOptions _options;
    private readonly TaskDraws _draws;
    private readonly int _seed;

    /// <param name="context">The context.</param>
    /// <param name="rows">The rows to evaluate on, with labels.</param>
    /// <param name="options">Validated options.</param>
    /// <exception cref="ArgumentException">The metric does not fit the labels.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows.</exception>
    public FewShotEvaluator(MLContext context, EvaluationRows rows, FewShotOptions options)
    {
        _context = context;
        _evaluated = rows;
        _rows = rows.Rows;
        _options = options;
        _seed = options.Seed ?? HostSettings.Seed(context) ?? 0;
        MetricCheck.Fits(options.MetricFor(_rows.Kind), _rows.Kind, nameof(options));
        _draws = new TaskDraws(_rows, options, _seed);
        TaskNames = [.. _draws.Tasks.Select(task => _rows.TaskNames[task])];
    }

    public LabelKind Kind => _rows.Kind;

    /// <summary>The metric of the user; null if there is none.</summary>
    public Func<IReadOnlyList<ScoredRow>, double>? OwnMetric => _options.OwnMetric;

    /// <summary>The metric by which strategies are compared.</summary>
    public TaskMetric Metric => _options.MetricFor(Kind);

    /// <summary>The names of the evaluated tasks.</summary>
    public IReadOnlyList<string> TaskNames { get; }

    /// <summary>Some query rows, before any step of a pipeline.</summary>
    public IDataView SomeQueryRows(int count) => RowFilter.ByPosition(_evaluated.View, _draws.Tasks.SelectMany(task => _draws.Draw(task, 0).Query).Take(count).Order());

    /// <summary>The number of models that the evaluation of a strategy makes.</summary>
    public int StepsOf(LearningStrategy strategy) => _draws.SupportSizes.Count * _options.Draws * (strategy.IsPerTask ? _draws.Tasks.Count : 1);

    /// <summary>Evaluates strategies one after the other. The result of a failed strategy contains its finished points.</summary>
    /// <exception cref="InvalidOperationException">All strategies failed, or a task is among the training tasks.</exception>
    public FewShotEvaluation Evaluate(
        IReadOnlyList<LearningStrategy> strategies, EvaluationRows? training, IProgress<FewShotProgress>? progress, CancellationToken cancellationToken)
    {
        CheckNames(strategies);
        CheckUnseen(training?.TaskNames ?? []);
        FewShotCurve[] curves = [.. strategies.Select(strategy => TryEvaluate(strategy, training?.View, null, progress, cancellationToken))];
        if (curves.All(curve => curve.Exception is not null))
            throw new InvalidOperationException($"At least one strategy must succeed; got {curves.Length} that failed. {string.Join(" ", curves.Select(curve => $"'{curve.Strategy}': {curve.Exception!.Message}"))}", curves[0].Exception);
        foreach (FewShotCurve curve in curves.Where(curve => curve.Overall is not null))
            UnscoredRows.Warn(_context, curve.Overall!, curve.Strategy);
        return ToEvaluation(curves);
    }

    /// <summary>An evaluation with the given curves.</summary>
    public FewShotEvaluation ToEvaluation(IReadOnlyList<FewShotCurve> curves) => new()
    {
        Kind = Kind,
        Metric = Metric,
        SupportSizes = _draws.SupportSizes,
        IsPerClass = _options.IsPerClass,
        Draws = _options.Draws,
        Seed = _seed,
        IsInTimeOrder = _rows.Times.Length > 0,
        Curves = curves,
        SkippedTasks = _draws.SkippedTasks,
    };

    /// <summary>Evaluates one strategy.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="learned">The result of <see cref="LearningStrategy.Learn"/>.</param>
    /// <param name="training">The training tasks; null if there are none.</param>
    /// <param name="finished">Receives the point of each support size when it is finished.</param>
    /// <param name="step">Receives each model after its evaluation.</param>
    /// <param name="cancellationToken">Cancels between two models.</param>
    /// <param name="record">Receives the predictions; null if they are not needed.</param>
    public void Evaluate(
        LearningStrategy strategy, ITransformer? learned, IDataView? training, List<FewShotPoint> finished, Action<ITransformer>? step, CancellationToken cancellationToken, PredictionRecord? record = null)
    {
        strategy.CheckUnseen(learned, TaskNames);
        int[][] groups = Groups(strategy);
        var reader = new QueryScores(_evaluated);
        var scores = new TaskScores[_rows.TaskNames.Count];
        foreach (int task in _draws.Tasks)
            scores[task] = new TaskScores { KeepsDistributions = record is not null && Kind == LabelKind.Multiclass };

        for (int size = 0; size < _draws.SupportSizes.Count; size++)
        {
            MetricMeans[] means = [.. scores.Select(_ => new MetricMeans(Kind, OwnMetric is not null, OwnMetric))];
            for (int draw = 0; draw < _options.Draws; draw++)
            {
                foreach (int[] group in groups)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var drawn = Array.ConvertAll(group, task => _draws.Draw(task, draw));
                    IDataView support = RowFilter.ByPosition(_evaluated.View, drawn.SelectMany(rows => rows.Supports[size]));
                    ITransformer model = strategy.Complete(_context, learned, training, support, cancellationToken);
                    int[] query = [.. drawn.SelectMany(rows => rows.Query).Order()];
                    reader.Read(model.Transform(RowFilter.ByPosition(_evaluated.View, query)), query, scores);
                    foreach (int task in group)
                    {
                        means[task].Add(scores[task]);
                        record?.Add(Kind, _draws.SupportSizes[size], _rows.TaskNames[task], scores[task]);
                        scores[task].Clear();
                    }

                    step?.Invoke(model);
                }
            }

            finished.Add(Point(strategy, _draws.SupportSizes[size], means));
        }
    }

    /// <summary>The importance of each feature for a strategy with the largest support, the most important first.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="learned">The result of <see cref="LearningStrategy.Learn"/>.</param>
    /// <param name="training">The training tasks; null if there are none.</param>
    /// <param name="leftOut">The columns that are no features, such as label and task.</param>
    /// <param name="cancellationToken">Cancels between two features.</param>
    /// <returns>None if the model does not score row by row, or has more than <see cref="MostFeatures"/> features.</returns>
    public IReadOnlyList<FeatureImportance> Importance(LearningStrategy strategy, ITransformer? learned, IDataView? training, IReadOnlySet<string> leftOut, CancellationToken cancellationToken)
    {
        var decreases = new Dictionary<string, List<double>>();
        foreach (int[] group in Groups(strategy))
        {
            var drawn = Array.ConvertAll(group, task => _draws.Draw(task, 0));
            ITransformer model = strategy.Complete(_context, learned, training, RowFilter.ByPosition(_evaluated.View, drawn.SelectMany(rows => rows.Supports[^1])), cancellationToken);
            int[] query = [.. drawn.SelectMany(rows => rows.Query).Order()];
            RowFilter rows = RowFilter.ByPosition(_evaluated.View, query);
            IReadOnlyList<PermutedFeature> features = PermutedFeature.Of(model, rows.Schema, leftOut);
            if (features.Count > MostFeatures)
                return [];
            double[] whole = MetricsOf(model, rows, query, group);
            foreach (PermutedFeature feature in features)
            {
                var random = new Random(_seed);
                double[] sums = new double[group.Length];
                for (int repeat = 0; repeat < Permutations; repeat++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    double[] permuted = MetricsOf(model, feature.Permute(_context, rows, WithinTasks(query, random)), query, group);
                    for (int i = 0; i < sums.Length; i++)
                        sums[i] += (Metric.IsHigherBetter() ? 1 : -1) * (whole[i] - permuted[i]) / Permutations;
                }

                if (!decreases.TryGetValue(feature.Name, out List<double>? ofTasks))
                    decreases[feature.Name] = ofTasks = [];
                ofTasks.AddRange(sums);
            }
        }

        return [.. decreases.Select(pair => new FeatureImportance(pair.Key, MeanInterval.Of(pair.Value))).OrderByDescending(feature => feature.Decrease.Mean)];
    }

    // For each query row, the number of the row that its value comes from: another row of the same task.
    private int[] WithinTasks(int[] query, Random random)
    {
        int[] source = new int[query.Length];
        foreach (int[] task in Enumerable.Range(0, query.Length).GroupBy(i => _rows.TaskOfRow[query[i]]).Select(task => task.ToArray()))
        {
            int[] order = [.. task];
            random.Shuffle(order);
            for (int i = 0; i < task.Length; i++)
                source[task[i]] = order[i];
        }

        return source;
    }

    // The metric of each task of the group.
    private double[] MetricsOf(ITransformer model, IDataView rows, int[] query, int[] group)
    {
        var scores = new TaskScores[_rows.TaskNames.Count];
        foreach (int task in group)
            scores[task] = new TaskScores();
        new QueryScores(_evaluated).Read(model.Transform(rows), query, scores);
        return Array.ConvertAll(group, task =>
        {
            var means = new MetricMeans(Kind, OwnMetric is not null, OwnMetric);
            means.Add(scores[task]);
            return means.ToMetrics(_rows.TaskNames[task], query.Length)[Metric];
        });
    }

    // The tasks that one model of a draw serves.
    private int[][] Groups(LearningStrategy strategy) => strategy.IsPerTask ? [.. _draws.Tasks.Select(task => new[] { task })] : [[.. _draws.Tasks]];

    /// <summary>Checks that no evaluated task is among the training tasks.</summary>
    /// <exception cref="InvalidOperationException">An evaluated task is among them.</exception>
    public void CheckUnseen(IEnumerable<string> trainingTasks)
    {
        string[] seen = [.. trainingTasks.Intersect(_rows.TaskNames)];
        if (seen.Length > 0)
            throw new InvalidOperationException($"Evaluated tasks must not be among the training tasks; got {NameList.Of(seen)} in both. Strategies would be evaluated on tasks that they were trained on. Split the data by task, as TaskTrainTestSplit does.");
    }

    /// <summary>Evaluates one strategy. If the strategy throws an exception, the exception is part of the result.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="training">The training tasks; null if there are none.</param>
    /// <param name="learned">The result of <see cref="LearningStrategy.Learn"/>; null if the strategy has not learned yet.</param>
    /// <param name="progress">Receives a report after each evaluated model.</param>
    /// <param name="cancellationToken">Cancels between two models.</param>
    /// <param name="record">Receives the predictions; null if they are not needed.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public FewShotCurve TryEvaluate(
        LearningStrategy strategy, IDataView? training, ITransformer? learned, IProgress<FewShotProgress>? progress, CancellationToken cancellationToken, PredictionRecord? record = null)
    {
        var clock = Stopwatch.StartNew();
        var points = new List<FewShotPoint>();
        Exception? exception = null;
        int done = 0, total = StepsOf(strategy);
        try
        {
            learned ??= strategy.Learn(training);
            Evaluate(strategy, learned, training, points, _ => progress?.Report(new FewShotProgress(strategy.Name, ++done, total)), cancellationToken, record);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested) // an estimator of a user can throw any exception
        {
            exception = failure;
        }

        return Curve(strategy, points, clock.Elapsed.TotalSeconds, exception);
    }

    /// <summary>The curve of a strategy with the given points.</summary>
    public static FewShotCurve Curve(LearningStrategy strategy, IReadOnlyList<FewShotPoint> points, double seconds, Exception? exception) => new()
    {
        Strategy = strategy.Name,
        Kind = strategy.Kind,
        Points = points,
        Overall = exception is null ? MetricMeans.Over([.. points.Select(point => point.Evaluation)]) : null,
        RuntimeInSeconds = seconds,
        Exception = exception,
    };

    private FewShotPoint Point(LearningStrategy strategy, int size, MetricMeans[] means)
    {
        var evaluation = new TaskEvaluation(Kind, [.. _draws.Tasks.Select(task => means[task].ToMetrics(_rows.TaskNames[task], _draws.Draw(task, 0).Query.Length))]);
        if (evaluation.UnscoredRowCount > 0 && !_draws.Tasks.Any(task => means[task].IsDefined))
            throw new InvalidOperationException($"Some scores must be finite; got {evaluation.UnscoredRowCount} rows from '{strategy.Name}' without a finite score, and no other rows. The strategy cannot be compared. Check features and options.");
        return new FewShotPoint(size, evaluation);
    }

    private static void CheckNames(IReadOnlyList<LearningStrategy> strategies)
    {
        if (strategies.Count == 0)
            throw new ArgumentException("There must be at least one strategy; got none.", nameof(strategies));
        if (strategies.GroupBy(strategy => strategy.Name).FirstOrDefault(group => group.Count() > 1) is { } repeated)
            throw new ArgumentException($"Strategies must have different names; got '{repeated.Key}' more than once. Results are identified by name.", nameof(strategies));
    }
}
