namespace MetaML;

/// <summary>The measure of the relatedness of tasks.</summary>
public enum RelatednessMeasure
{
    /// <summary>The help of task i for task j: 1 − Lⱼ(adapted on i) / Lⱼ(the prior), on the rows of j. The measure is not symmetric. On the diagonal, each half of a task helps the other half.</summary>
    /// <remarks>Based on Fifty et al., Efficiently Identifying Task Groupings (TAG), 2021, arXiv 2109.04617. Their gradient step for task i is replaced by adaptation on the rows of i.</remarks>
    Functional,

    /// <summary>The similarity of two heads: the correlation, over all rows, of the differences between each head's scores and the prior's scores.</summary>
    Heads,

    /// <summary>The similarity of the embeddings of two tasks: the cosine of their mean embeddings, after the mean over tasks is subtracted. Labels are not used.</summary>
    Representations,
}
