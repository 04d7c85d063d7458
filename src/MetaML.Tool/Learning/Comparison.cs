using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Learning;

/// <summary>The experiment of a table: strategies that learn across tasks, for each task alone, and for all rows together.</summary>
internal sealed class Comparison
{
    /// <summary>The strategy that 'metaml train --trees' trains.</summary>
    public const string OnTrees = "across tasks, meta-learned on the score of trees (FastTree)";

    private const string TaskFeature = "Task as feature";

    // A strategy that uses the support of all tasks is fitted again for each draw and size.
    private const int ManyRows = 5_000, QueryRows = 200;

    // Below this share of the rarer label, nearly all rows have the other one, and accuracy says little.
    private const double RareShare = 0.2;

    private static readonly int[] s_sizes = [5, 10, 20, 50, 100];

    private readonly MLContext _ml;
    private readonly TablePlan _plan;
    private readonly LoadedTable _table;
    private readonly FeatureSteps _features;

    /// <summary>The experiment of a table.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="table">The rows.</param>
    public Comparison(MLContext ml, TablePlan plan, LoadedTable table)
    {
        _ml = ml;
        _plan = plan;
        _table = table;
        _features = new FeatureSteps(ml, plan);
    }

    /// <summary>Runs the experiment.</summary>
    /// <param name="settings">Time limit, seed, cancellation.</param>
    /// <param name="supportSizes">Numbers of labelled rows of a new task; null to choose them from the numbers of rows of the tasks.</param>
    /// <param name="metric">The metric; null for the usual one of the labels.</param>
    /// <param name="progress">Receives each run.</param>
    public ExperimentResult Run(TaskExperimentSettings settings, int[]? supportSizes, TaskMetric? metric, IProgress<RunDetail> progress)
    {
        bool isLarge = _table.View.RowCount > ManyRows;
        int[] sizes = supportSizes ?? SupportSizes();
        settings = settings with
        {
            UsesDefaultTrainers = false,
            FewShot = new FewShotOptions { SupportSizes = sizes, Draws = isLarge ? 1 : 3, QueryRows = isLarge ? QueryRows : null, SkipsSmallTasks = true, Metric = metric ?? Metric() },
        };
        if (!TorchLibrary.IsPresent)
            settings = settings with { Encoders = [] };
        foreach (LearningStrategy strategy in Strategies(settings.Seed))
            settings.Add(strategy);
        return _ml.MetaLearning().CreateExperiment(settings).Execute(_table.View, _plan.LabelColumn, _plan.TaskColumn, _features.FeaturesName, _features.Estimator, progress);
    }

    /// <summary>The strategies, those with an answer of interest first: if time is short, the last ones are left out.</summary>
    private IEnumerable<LearningStrategy> Strategies(int? seed)
    {
        string linear = _plan.LabelKind == LabelKind.Regression ? "linear (SDCA)" : "logistic (L-BFGS)";
        yield return LearningStrategy.MetaLearned("across tasks, meta-learned", Learner.Pipeline(_ml, _plan, new MetaLearnerOptions { Seed = seed }, usesTrees: false));
        yield return LearningStrategy.Pooled($"one model for all tasks, {linear}", Features().Append(Linear()), learnsSupport: false);
        yield return LearningStrategy.FromScratch($"each task alone, {linear}", Features().Append(Linear()));
        yield return LearningStrategy.Pooled("one model for all tasks, trees (FastTree)", Features().Append(Trees()), learnsSupport: false);
        yield return LearningStrategy.Pooled("one model, task as feature, trees (FastTree)", WithTask(Features()).Append(Trees()));
        if (_plan.LabelKind != LabelKind.Multiclass)
            yield return LearningStrategy.MetaLearned(OnTrees, Learner.Pipeline(_ml, _plan, new MetaLearnerOptions { Seed = seed }, usesTrees: true));
        yield return LearningStrategy.Pooled($"one model, task as feature, {linear}", WithTask(Features()).Append(Linear()));
        yield return LearningStrategy.FromScratch("each task alone, trees (FastTree)", Features().Append(Trees()));
    }

    private IEstimator<ITransformer> Features() => Learner.Features(_ml, _plan, _features);

    private EstimatorChain<ColumnConcatenatingTransformer> WithTask(IEstimator<ITransformer> features) => features
        .Append(_ml.Transforms.Categorical.OneHotEncoding(TaskFeature, _plan.TaskColumn, maximumNumberOfKeys: int.MaxValue))
        .Append(_ml.Transforms.Concatenate(_features.FeaturesName, _features.FeaturesName, TaskFeature));

    // ML.NET's linear trainers require features of similar scale. SDCA is stopped, since it makes very many passes over few rows. Its intercept
    // has a penalty (BiasLearningRate = 0): without one, it grows without bound where few rows hardly differ in their features.
    private EstimatorChain<ITransformer> Linear() => _ml.Transforms.NormalizeMeanVariance(_features.FeaturesName).Append(_plan.LabelKind switch
    {
        LabelKind.Binary => _ml.BinaryClassification.Trainers.LbfgsLogisticRegression(new() { LabelColumnName = _plan.LabelColumn, FeatureColumnName = _features.FeaturesName, NumberOfThreads = 1 }),
        LabelKind.Multiclass => _ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new() { LabelColumnName = _plan.LabelColumn, FeatureColumnName = _features.FeaturesName, NumberOfThreads = 1 }),
        _ => (IEstimator<ITransformer>)_ml.Regression.Trainers.Sdca(new() { LabelColumnName = _plan.LabelColumn, FeatureColumnName = _features.FeaturesName, NumberOfThreads = 1, MaximumNumberOfIterations = 100, BiasLearningRate = 0 }),
    });

    private IEstimator<ITransformer> Trees() => Learner.Trees(_ml, _plan, _features.FeaturesName);

    /// <summary>Sizes of at most half of the rows of a task, in the median: the smallest two and the largest one.</summary>
    private int[] SupportSizes()
    {
        int[] rows = [.. _table.TaskNames.Values.Order()];
        int half = rows[rows.Length / 2] / 2;
        int[] sizes = [.. s_sizes.Where(size => size <= half)];
        return sizes.Length switch { 0 => [Math.Max(1, half)], <= 3 => sizes, _ => [sizes[0], sizes[1], sizes[^1]] };
    }

    private TaskMetric? Metric()
    {
        if (_plan.LabelKind != LabelKind.Binary)
            return null;
        double share = _table.View.GetColumn<bool>(_plan.LabelColumn).Average(label => label ? 1.0 : 0.0);
        return Math.Min(share, 1 - share) < RareShare ? TaskMetric.LogLoss : null;
    }
}
