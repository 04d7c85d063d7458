namespace MetaML.Adapters;

/// <summary>What is learned about how heads vary from task to task.</summary>
public enum PriorCovariance
{
    /// <summary>A variance for each slope and for the intercept.</summary>
    Diagonal,

    /// <summary>Also how they go together; shrunk towards the diagonal where there are few tasks.</summary>
    Full,
}
