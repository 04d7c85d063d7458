using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The tasks of an experiment: to learn from, to choose by, to judge what was chosen.</summary>
internal sealed class ExperimentData
{
    /// <exception cref="ArgumentException">An option is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows, or are on both sides of the split.</exception>
    public ExperimentData(
        MLContext context, ExperimentColumns columns, FewShotOptions draws, IDataView training, IDataView validation, IDataView? test, CancellationToken cancellationToken)
    {
        Columns = columns;
        Training = RowViews.Cached(context, training);
        TrainingTasks = LabeledRows.ReadTasks(Training, columns.Task);
        if (TrainingTasks.Count < 2)
            throw new InvalidOperationException($"Training data must have at least two tasks; got {TrainingTasks.Count}. There is nothing to learn across. Check the Task column, or hold out fewer tasks.");
        Validation = new FewShotEvaluator(context, validation, columns.Label, columns.Task, draws, cancellationToken);
        Validation.CheckUnseen(Training);
        AllTraining = RowViews.Append(context, Training, validation);
        if (test is null)
            return;
        Test = new FewShotEvaluator(context, test, columns.Label, columns.Task, draws, cancellationToken);
        Test.CheckUnseen(AllTraining);
    }

    public ExperimentColumns Columns { get; }

    public IDataView Training { get; }

    public IReadOnlyList<string> TrainingTasks { get; }

    public FewShotEvaluator Validation { get; }

    public FewShotEvaluator? Test { get; }

    /// <summary>Training and validation tasks together.</summary>
    public IDataView AllTraining { get; }
}
