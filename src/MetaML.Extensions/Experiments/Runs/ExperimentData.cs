using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The training, validation and test tasks of an experiment.</summary>
internal sealed class ExperimentData
{
    /// <param name="context">The context.</param>
    /// <param name="draws">The options of the draws, validated.</param>
    /// <param name="training">The training tasks.</param>
    /// <param name="validation">The validation tasks.</param>
    /// <param name="test">The test tasks; null if there are none.</param>
    /// <param name="groups">The groups of all tasks, if training and validation tasks were split at random, so that other training tasks can validate too; null if not.</param>
    /// <param name="whole">All rows, with <paramref name="groups"/>.</param>
    /// <exception cref="ArgumentException">The metric does not fit the labels.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows, or are on both sides of the split.</exception>
    public ExperimentData(MLContext context, FewShotOptions draws, EvaluationRows training, EvaluationRows validation, EvaluationRows? test, EvaluationRows? whole, TaskGroups? groups)
    {
        TrainingRows = training;
        if (TrainingTasks.Count < 2)
            throw new InvalidOperationException($"Training data must have at least two tasks; got {TrainingTasks.Count}. There is nothing to learn across. Check the Task column, or hold out fewer tasks.");
        Validation = new FewShotEvaluator(context, validation, draws);
        Validation.CheckUnseen(TrainingTasks);
        AllTraining = RowViews.Append(context, Training, validation.View);
        OtherFolds = whole is null || groups is null ? [] : FoldsOf(context, draws, whole, groups, validation.TaskNames);
        if (test is null)
            return;
        Test = new FewShotEvaluator(context, test, draws);
        Test.CheckUnseen([.. TrainingTasks, .. validation.TaskNames]);
    }

    /// <summary>The training tasks, with their labels.</summary>
    public EvaluationRows TrainingRows { get; }

    public IDataView Training => TrainingRows.View;

    public IReadOnlyList<string> TrainingTasks => TrainingRows.TaskNames;

    public FewShotEvaluator Validation { get; }

    public FewShotEvaluator? Test { get; }

    /// <summary>The folds after the first, which hold out the training tasks part by part; none unless the tasks were split at random. A fold whose tasks have too few rows is left out.</summary>
    public IEnumerable<ExperimentFold> OtherFolds { get; }

    /// <summary>Training and validation tasks together.</summary>
    public IDataView AllTraining { get; }

    // The folds are made when they are needed. Each holds out about as many groups of tasks as are among the validation tasks.
    private IEnumerable<ExperimentFold> FoldsOf(MLContext context, FewShotOptions draws, EvaluationRows whole, TaskGroups groups, IReadOnlyList<string> validation)
    {
        IReadOnlyList<string> training = groups.GroupsOf(TrainingTasks);
        int count = training.Count / groups.GroupsOf(validation).Count;
        for (int fold = 0; fold < count; fold++)
        {
            IReadOnlySet<string> heldOut = groups.TasksOf(training.Where((_, i) => i % count == fold));
            FewShotEvaluator judging;
            try
            {
                judging = new FewShotEvaluator(context, whole.Of(heldOut), draws);
            }
            catch (InvalidOperationException)
            {
                continue; // its tasks have too few rows for a draw
            }

            yield return new ExperimentFold(fold + 1, whole.Of(TrainingTasks.Except(heldOut).Concat(validation).ToHashSet()).View, judging);
        }
    }
}
