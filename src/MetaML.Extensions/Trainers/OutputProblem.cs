using MetaML.Data;


namespace MetaML.Extensions.Trainers;

/// <summary>The tasks from which one adapter is learned, with the outputs that use this adapter.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Labels">For each output that uses the adapter: its index among all outputs, and the standardisation of its labels.</param>
internal sealed record OutputProblem(TaskSet Tasks, IReadOnlyDictionary<int, LabelScaling> Labels)
{
    /// <summary>The problems of a training with a Task column. Each output is one problem with its own adapter.</summary>
    /// <param name="outputs">The tasks of each output.</param>
    public static IReadOnlyList<OutputProblem> OfTasks(IReadOnlyList<TaskSet> outputs) =>
        [.. outputs.Select((tasks, i) => new OutputProblem(tasks, new Dictionary<int, LabelScaling> { [i] = LabelScaling.None }))];

    /// <summary>The problems of a training without a Task column. Each output is a task. All outputs of one kind form one problem.</summary>
    /// <param name="outputs">The rows of each output, as a single task.</param>
    /// <param name="names">The name of each output.</param>
    /// <remarks>Outputs have different units, so that the values of each are standardised separately. Outputs have different classes, so that the classes of each output are numbered after those of the output before.</remarks>
    public static IReadOnlyList<OutputProblem> OfOutputs(IReadOnlyList<TaskSet> outputs, IReadOnlyList<string> names) =>
        [.. Enumerable.Range(0, outputs.Count).GroupBy(i => outputs[i].Kind).Select(group => Join([.. group], outputs, names))];

    private static OutputProblem Join(int[] members, IReadOnlyList<TaskSet> outputs, IReadOnlyList<string> names)
    {
        TaskSet first = outputs[members[0]];
        var labels = members.ToDictionary(i => i, i => LabelScaling.Fit(outputs[i]));
        var tasks = new List<LearningTask>();
        int classes = 0;
        foreach (int i in members)
        {
            LearningTask task = labels[i].Apply(outputs[i].Tasks[0]);
            int offset = first.Kind == LabelKind.Multiclass ? classes : 0;
            tasks.Add(new LearningTask(names[i], task.Rows, Array.ConvertAll(task.Labels, label => label + offset), task.Weights, Array.ConvertAll(task.Classes, label => label + offset)));
            classes += outputs[i].ClassCount;
        }

        bool hasCommonClasses = first.Kind != LabelKind.Multiclass || (members.Length == 1 && first.HasCommonOutputs);
        return new OutputProblem(new TaskSet(first.Kind, first.Features, tasks, first.Kind == LabelKind.Multiclass ? classes : first.ClassCount, hasCommonClasses), labels);
    }
}
