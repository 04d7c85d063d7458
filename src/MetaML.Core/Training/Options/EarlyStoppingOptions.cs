using MetaML.Options;

namespace MetaML;

/// <summary>Early stopping: training ends when the validation loss stops improving.</summary>
public sealed record EarlyStoppingOptions
{
    /// <summary>Number of outer steps between validations.</summary>
    /// <value>At least 1; default 25.</value>
    public int EvaluationInterval { get; set; } = 25;

    /// <summary>Number of validations without improvement after which training ends.</summary>
    /// <value>At least 1; default 12.</value>
    public int Patience { get; set; } = 12;

    internal void Validate()
    {
        OptionCheck.AtLeast<int>(this, nameof(EvaluationInterval), EvaluationInterval, 1);
        OptionCheck.AtLeast<int>(this, nameof(Patience), Patience, 1);
    }
}
