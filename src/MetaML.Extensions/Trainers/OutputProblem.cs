using MetaML.Data;
using MetaML.Heads;

namespace MetaML.Extensions.Trainers;

/// <summary>The outputs that one adapter serves, as the tasks that it is learned from.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Labels">For each of its outputs, by place among all outputs: what its labels were standardised by.</param>
internal sealed record OutputProblem(TaskSet Tasks, IReadOnlyDictionary<int, LabelScaling> Labels)
{
    /// <summary>With a Task column each output is a problem of its own, with a prior over tasks of its own.</summary>
    /// <param name="outputs">Each output's tasks.</param>
    public static IReadOnlyList<OutputProblem> OfTasks(IReadOnlyList<TaskSet> outputs) =>
        [.. outputs.Select((tasks, i) => new OutputProblem(tasks, new Dictionary<int, LabelScaling> { [i] = LabelScaling.None }))];

    /// <summary>Without one, outputs are the tasks, and those of one kind form a problem.</summary>
    /// <param name="outputs">Each output's rows, as a single task.</param>
    /// <param name="names">Each output's name.</param>
    /// <remarks>Outputs have units of their own, so values are standardised each by itself; and classes of their own, numbered one output after the other.</remarks>
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
