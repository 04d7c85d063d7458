namespace MetaML;

/// <summary>No strategy came to a result: all failed, or the time was too short for one.</summary>
public sealed class ExperimentException : InvalidOperationException
{
    /// <summary>An error without a message.</summary>
    public ExperimentException()
    {
    }

    /// <summary>An error.</summary>
    /// <param name="message">What happened.</param>
    public ExperimentException(string message)
        : base(message)
    {
    }

    /// <summary>An error that another one caused.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public ExperimentException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What was tried, each run with its exception.</summary>
    public IReadOnlyList<RunDetail> RunDetails { get; init; } = [];
}
