using MetaML.Options;

namespace MetaML;

/// <summary>The summary of a training: its data, its end, and its choices with their reasons. Saved with the model.</summary>
/// <remarks>It holds no times, so that the same seed gives the same bytes. It holds no task names, so that a removed task leaves no trace.</remarks>
public sealed record TrainingSummary
{
    /// <summary>The version of MetaML that trained the model.</summary>
    public string Version { get; init; } = "";

    /// <summary>Number of training tasks, including the validation tasks.</summary>
    public int TaskCount { get; init; }

    /// <summary>Number of labelled rows of these tasks.</summary>
    public long RowCount { get; init; }

    /// <summary>Number of outer steps; with joint training, those of the second half. 0 if gradients trained nothing.</summary>
    public int Iterations { get; init; }

    /// <summary>The outer step with the best validation loss. The model has the parameters of this step.</summary>
    public int BestIteration { get; init; }

    /// <summary>Mean query loss of the validation episodes with the parameters of the model: cross-entropy, or squared error divided by the variance of labels. Null without validation.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Number of validation episodes of <see cref="ValidationLoss"/>.</summary>
    public int ValidationEpisodes { get; init; }

    /// <summary>The choices and their reasons, in one or two sentences each, in the order in which they were logged.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The learners that were compared, the simplest first; empty if there was only one.</summary>
    public IReadOnlyList<LearnerCandidate> Candidates { get; init; } = [];

    /// <summary>Checks a summary that was read from a file.</summary>
    /// <exception cref="ArgumentException">A property is missing or outside its range.</exception>
    internal void Validate()
    {
        OptionCheck.NotNull(this, nameof(Version), Version);
        OptionCheck.NotNull(this, nameof(Reasons), Reasons);
        OptionCheck.NotNull(this, nameof(Candidates), Candidates);
        OptionCheck.AtLeast<int>(this, nameof(TaskCount), TaskCount, 0);
        OptionCheck.AtLeast<long>(this, nameof(RowCount), RowCount, 0);
        OptionCheck.AtLeast<int>(this, nameof(Iterations), Iterations, 0);
        OptionCheck.InRange(this, nameof(BestIteration), BestIteration, 0, Iterations);
        OptionCheck.AtLeast<int>(this, nameof(ValidationEpisodes), ValidationEpisodes, 0);
        foreach (string reason in Reasons)
            OptionCheck.NotNull(this, nameof(Reasons), reason);
    }
}
