namespace MetaML.Adapters;

/// <summary>What is learned about how heads vary from task to task.</summary>
/// <remarks>Saved models know these by their numbers.</remarks>
public enum PriorCovariance
{
    /// <summary>A variance for each slope and for the intercept.</summary>
    Diagonal = 0,

    /// <summary>Also how they go together; shrunk towards the diagonal where there are few tasks.</summary>
    Full = 1,

    /// <summary>
    /// Whichever of the two makes tasks that were left out more likely (five folds over tasks), and how far the full one is
    /// shrunk. Diagonal for fewer than ten tasks, for embeddings of more than 255 values, and where the prior is learned by gradients.
    /// </summary>
    Auto = 2,
}
