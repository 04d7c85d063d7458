using MetaML.Data;

namespace MetaML.Training.Loop;

/// <summary>The loss of the best score that does not depend on features: the unit in which losses of different kinds of label are compared.</summary>
internal static class ConstantLoss
{
    /// <summary>The constant loss of each task: 1 for values, whose squared errors are divided by their variance; else the entropy of class labels, over all tasks if they share the classes.</summary>
    /// <param name="tasks">The tasks.</param>
    public static double[] OfTasks(TaskSet tasks)
    {
        if (tasks.Kind == LabelKind.Regression)
            return [.. tasks.Tasks.Select(_ => 1.0)];
        double common = tasks.HasCommonOutputs ? Entropy(tasks.Tasks.SelectMany(task => task.Labels)) : 0;
        return [.. tasks.Tasks.Select(task => tasks.HasCommonOutputs ? common : Entropy(task.Labels))];
    }

    // 1 if there is a single class, since any unit is as good.
    private static double Entropy(IEnumerable<float> labels)
    {
        int[] counts = [.. labels.CountBy(label => label).Select(pair => pair.Value)];
        double total = counts.Sum();
        return counts.Length > 1 ? -counts.Sum(count => count / total * Math.Log(count / total)) : 1;
    }
}
