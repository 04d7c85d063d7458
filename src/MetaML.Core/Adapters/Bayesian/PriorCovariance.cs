namespace MetaML;

/// <summary>What is learned about how heads vary from task to task.</summary>
/// <remarks>Saved models know these by their numbers.</remarks>
public enum PriorCovariance
{
    /// <summary>A variance for each slope and for the intercept.</summary>
    Diagonal = 0,

    /// <summary>Also how they go together; shrunk towards the diagonal where there are few tasks.</summary>
    Full = 1,

    /// <summary>
    /// Whichever of the others makes tasks that were left out most likely (five folds over tasks), and how far a full one is
    /// shrunk. Diagonal for fewer than ten tasks, for embeddings of more than 255 values, and where the prior is learned by gradients.
    /// </summary>
    Auto = 2,

    /// <summary>A variance for each, and one direction in which all go together: tasks that are more or less of the same; shrunk likewise.</summary>
    OneFactor = 3,
}
