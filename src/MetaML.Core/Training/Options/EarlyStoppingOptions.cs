using MetaML.Options;

namespace MetaML;

/// <summary>When training ends because validation no longer improves.</summary>
public sealed record EarlyStoppingOptions
{
    /// <summary>Outer steps from one validation to the next.</summary>
    /// <value>At least 1; default 25.</value>
    public int EvaluationInterval { get; set; } = 25;

    /// <summary>Validations without improvement after which training ends.</summary>
    /// <value>At least 1; default 12.</value>
    public int Patience { get; set; } = 12;

    internal void Validate()
    {
        OptionCheck.AtLeast<int>(this, nameof(EvaluationInterval), EvaluationInterval, 1);
        OptionCheck.AtLeast<int>(this, nameof(Patience), Patience, 1);
    }
}
