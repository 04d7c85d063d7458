namespace MetaML.Data;

/// <summary>Scales regression labels to mean 0 and standard deviation 1 over the training tasks.</summary>
/// <param name="Mean">The mean, which is subtracted.</param>
/// <param name="Deviation">The standard deviation, the divisor; 1 if labels never vary, or are classes.</param>
internal sealed record LabelScaling(double Mean, double Deviation)
{
    public static readonly LabelScaling None = new(0, 1);

    public static LabelScaling Fit(TaskSet set)
    {
        if (set.Kind != LabelKind.Regression)
            return None;
        long count = set.Tasks.Sum(task => (long)task.RowCount);
        double mean = set.Tasks.Sum(task => task.Labels.Sum(label => (double)label)) / count;
        double variance = set.Tasks.Sum(task => task.Labels.Sum(label => (label - mean) * (label - mean))) / count;
        return new LabelScaling(mean, variance > 0 ? Math.Sqrt(variance) : 1);
    }

    /// <summary>The tasks with scaled labels.</summary>
    public TaskSet Apply(TaskSet set) => this == None ? set : set.With([.. set.Tasks.Select(Apply)]);

    /// <summary>The task with scaled labels.</summary>
    public LearningTask Apply(LearningTask task) => this == None ? task : task.WithLabels(Array.ConvertAll(task.Labels, Apply));

    /// <summary>This scaling followed by another.</summary>
    public LabelScaling Then(LabelScaling next) => new(Mean + Deviation * next.Mean, Deviation * next.Deviation);

    public float Apply(float label) => (float)((label - Mean) / Deviation);
}
