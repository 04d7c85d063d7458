namespace MetaML;

/// <summary>In what sense tasks are related.</summary>
public enum RelatednessMeasure
{
    /// <summary>How much task i helps task j: 1 − Lⱼ(adapted on i) / Lⱼ(the prior), on j's rows; directed. On the diagonal a task's halves help each other.</summary>
    /// <remarks>After Fifty et al., Efficiently Identifying Task Groupings (TAG), 2021, arXiv 2109.04617, whose step for task i is here the adaptation on i's rows.</remarks>
    Functional,

    /// <summary>Whether two tasks change the prior in the same way: the correlation over all rows of what their heads add to the prior's scores.</summary>
    Heads,

    /// <summary>Whether two tasks' rows look alike to the encoder: the cosine of their mean embeddings about the mean over tasks. Labels play no part.</summary>
    Representations,
}
