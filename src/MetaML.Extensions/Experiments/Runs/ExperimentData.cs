using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
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
    /// <exception cref="ArgumentException">The metric does not fit the labels.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows, or are on both sides of the split.</exception>
    public ExperimentData(MLContext context, FewShotOptions draws, EvaluationRows training, EvaluationRows validation, EvaluationRows? test)
    {
        TrainingRows = training;
        if (TrainingTasks.Count < 2)
            throw new InvalidOperationException($"Training data must have at least two tasks; got {TrainingTasks.Count}. There is nothing to learn across. Check the Task column, or hold out fewer tasks.");
        Validation = new FewShotEvaluator(context, validation, draws);
        Validation.CheckUnseen(TrainingTasks);
        AllTraining = RowViews.Append(context, Training, validation.View);
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

    /// <summary>Training and validation tasks together.</summary>
    public IDataView AllTraining { get; }
}
