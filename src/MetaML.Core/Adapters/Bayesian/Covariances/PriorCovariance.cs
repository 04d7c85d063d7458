namespace MetaML;

/// <summary>The form of the covariance of heads over tasks.</summary>
/// <remarks>Saved models contain the numbers of these values.</remarks>
public enum PriorCovariance
{
    /// <summary>A variance for each slope and for the intercept.</summary>
    Diagonal = 0,

    /// <summary>A full covariance, shrunk towards the diagonal if there are few tasks. Its cost grows with the cube of the number of features.</summary>
    Full = 1,

    /// <summary>
    /// The form that gives held-out tasks the highest likelihood (folds over tasks). For embeddings of at most 50 values: diagonal, one factor, or full with one of two
    /// strengths of shrinkage. For 51 to 255 values: a diagonal whose variances of slopes are shrunk strongly or weakly towards a common level, or the latter with 1, 2, 4 or 8 factors; the cost is linear in the number of values. It is diagonal for fewer
    /// than ten tasks, for more than 255 values, and if the prior is learned by gradients.
    /// </summary>
    Auto = 2,

    /// <summary>A variance for each slope and for the intercept, and one direction in which all vary together; shrunk likewise.</summary>
    OneFactor = 3,
}
