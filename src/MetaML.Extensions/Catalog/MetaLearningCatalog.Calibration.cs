using MetaML.Data;
using MetaML.Extensions.Chains;
using MetaML.Models;
using MetaML.Models.Conformal;
using Microsoft.ML;

namespace MetaML;

/// <content>Intervals and sets with a guaranteed coverage.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Adds intervals of values, or sets of classes, that hold the label of a row of a new task with a given probability (conformal prediction).</summary>
    /// <param name="model">The result of Fit or Model.Load: a meta-learner with one output, or a chain that contains one. It is not changed.</param>
    /// <param name="tasks">Labelled rows of tasks that the model was not trained on, with all rows that there are of each; at least coverage / (1 − coverage) tasks, for example 9 for 0.9.</param>
    /// <param name="coverage">The share of rows of new tasks whose label is to be held; above 0 and below 1.</param>
    /// <param name="cancellationToken">Stops the calibration between two draws.</param>
    /// <returns>A model with the columns ScoreLowerBound and ScoreUpperBound for values, or PredictedSet for classes: a vector of Boolean with a slot for each class. The columns survive Save, Load, Adapt, Update, Forget and ConvertToOnnx.</returns>
    /// <remarks>
    /// <para>Each task is learned from random rows of sizes 0, 1, 2, 4, … 512, as far as enough tasks have more rows, and its other rows are judged. A task that is adapted later uses the quantile of its
    /// number of rows (with class sets of each task: of rows for each class), linear in its logarithm between two sizes. The interval is the score ± quantile · deviation, where the deviation is
    /// ScoreStandardDeviation, or 1 without it. The set has the classes whose probability is at least 1 − quantile, and the predicted one.</para>
    /// <para>If new tasks are exchangeable with those of the calibration, and rows with the rows of their task, then the label of a row of a new task is held with at least this probability, for any
    /// adapter and encoder and any distribution of labels. The probability is over tasks and rows together: a single task may have more or less. For tasks that the model was trained on there is no guarantee.
    /// Sources: Lee, Barber and Willett, Distribution-free inference with hierarchical data, 2023, arXiv 2306.06342; Fisch et al., Few-shot conformal prediction with auxiliary tasks, 2021, arXiv 2102.08898.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">The model contains no meta-learner with one output, or knows one of the tasks; a column or class does not fit it; or the coverage is outside its range.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks, or a feature, task or label is invalid.</exception>
    /// <example>
    /// <code>
    /// ITransformer calibrated = ml.MetaLearning().Calibrate(model, queryRows, coverage: 0.9); // rows of tasks that were not trained on
    /// ITransformer adapted = ml.MetaLearning().Adapt(calibrated, supportRows);               // its rows have ScoreLowerBound and ScoreUpperBound
    /// </code>
    /// </example>
    public ITransformer Calibrate(ITransformer model, IDataView tasks, double coverage = 0.9, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tasks);
        if (!(coverage is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(coverage), coverage, "The coverage must be above 0 and below 1. It is the share of rows whose label is to be held, for example 0.9.");
        var adapter = new ChainAdapter(_context, model, cancellationToken);
        TaskSet set = adapter.ReadTasks(tasks);
        if (set.Tasks.FirstOrDefault(task => ChainAdapter.FindLearner(model).KnowsTask(task.Name)) is { } known)
            throw new ArgumentException($"The tasks of a calibration must be unknown to the model; got '{known.Name}'. The errors on a task that was trained on or adapted to are smaller than on a new one. Hold tasks out of the training, or remove the task.", nameof(tasks));
        ConformalQuantiles quantiles = ConformalCalibration.Learn(((MetaLearnerTransformer)ChainAdapter.FindLearner(model)).Model, set, coverage, cancellationToken);
        return adapter.ReplaceLearner(learner => ((MetaLearnerTransformer)learner).With(_context, quantiles));
    }
}
