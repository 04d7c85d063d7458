namespace MetaML;

/// <summary>Whether tasks share one noise variance.</summary>
public enum PriorNoise
{
    /// <summary>One variance σ² for all tasks.</summary>
    Common,

    /// <summary>
    /// A variance σₜ² for each task, drawn from a learned inverse gamma distribution. The covariance of heads scales with it, so a task
    /// with a larger scale has larger slopes. Tasks with much noise count less, and intervals fit each task (Student's t).
    /// </summary>
    PerTask,
}
