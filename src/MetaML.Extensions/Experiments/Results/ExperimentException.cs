namespace MetaML;

/// <summary>The error of an experiment without a result: all strategies failed, or the time limit was too short for one run.</summary>
public sealed class ExperimentException : InvalidOperationException
{
    /// <summary>An error without a message.</summary>
    public ExperimentException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">The message.</param>
    public ExperimentException(string message)
        : base(message)
    {
    }

    /// <summary>An error that another one caused.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public ExperimentException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>All runs, each with its exception.</summary>
    public IReadOnlyList<RunDetail> RunDetails { get; init; } = [];
}
