namespace MetaML.Extensions.Orleans.Learning;

/// <summary>The state of a <see cref="LearningGrain{TState}"/>.</summary>
/// <typeparam name="TState">The type itself.</typeparam>
internal interface ILearningState<TState>
{
    /// <summary>The version that learning starts from.</summary>
    string From { get; }

    /// <summary>The new version.</summary>
    string To { get; }

    /// <summary>Whether learning has ended.</summary>
    bool HasEnded { get; }

    /// <summary>The state at the start of learning.</summary>
    TState Request { get; }

    /// <summary>The state at an end without a result.</summary>
    /// <param name="error">The message of the error.</param>
    TState Failed(string error);
}
