namespace MetaML;

/// <summary>Whose noise the labels have.</summary>
public enum PriorNoise
{
    /// <summary>One variance σ² for all tasks.</summary>
    Common,

    /// <summary>
    /// A variance σₜ² for each task, drawn from an inverse gamma distribution that is learned; heads spread with it, as tasks
    /// on a wider scale do. Deviating tasks then count less, and intervals fit each task (Student's t).
    /// </summary>
    PerTask,
}
