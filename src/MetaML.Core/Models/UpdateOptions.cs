using MetaML.Options;

namespace MetaML;

/// <summary>Options of the addition of rows to known tasks.</summary>
/// <example>
/// <code>
/// // Rows from a year ago count half as much as today's, with a row each day.
/// ITransformer updated = ml.MetaLearning().Update(model, supportRows, new UpdateOptions { ForgettingFactor = Math.Pow(0.5, 1.0 / 365) });
/// </code>
/// </example>
public sealed record UpdateOptions
{
    /// <summary>The factor γ by which each new row of a task multiplies the weights of the task's earlier rows, in the order of the data.</summary>
    /// <value>Above 0, and at most 1 (default), for no forgetting. A row counts half as much after log ½ / log γ later rows.</value>
    /// <remarks>Rows can be taken away exactly only if they have not lost weight. A task that has been updated with a factor below 1 therefore refuses Forget once it keeps sums instead of rows.</remarks>
    public double ForgettingFactor { get; set; } = 1;

    internal void Validate()
    {
        if (!(ForgettingFactor is > 0 and <= 1))
            throw OptionCheck.Error(this, nameof(ForgettingFactor), "above 0 and at most 1", ForgettingFactor);
    }
}
