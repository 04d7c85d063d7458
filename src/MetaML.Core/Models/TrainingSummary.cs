using MetaML.Options;

namespace MetaML;

/// <summary>What a model was trained on, how training ended, and what was chosen on the way and why. It is kept with the model.</summary>
/// <remarks>It holds no times and no names of tasks: the same seed gives the same bytes, and a task that is forgotten leaves nothing behind.</remarks>
public sealed record TrainingSummary
{
    /// <summary>The version of MetaML that trained the model.</summary>
    public string Version { get; init; } = "";

    /// <summary>Number of training tasks, those held out to validate on among them.</summary>
    public int TaskCount { get; init; }

    /// <summary>Number of their labelled rows.</summary>
    public long RowCount { get; init; }

    /// <summary>Outer steps that were done, of joint training in its second half; 0 where nothing is trained by gradients.</summary>
    public int Iterations { get; init; }

    /// <summary>The outer step whose parameters were kept.</summary>
    public int BestIteration { get; init; }

    /// <summary>Mean query loss of the validation episodes with what was kept: cross-entropy, or squared error in units of the labels' variance; null where nothing was held out, or nothing was evaluated.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Number of episodes that <see cref="ValidationLoss"/> is the mean of.</summary>
    public int ValidationEpisodes { get; init; }

    /// <summary>What was chosen and why, a sentence or two each, in the order in which it was chosen: as it was logged.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Checks what was read.</summary>
    /// <exception cref="ArgumentException">A part is missing or outside its range.</exception>
    internal void Validate()
    {
        OptionCheck.NotNull(this, nameof(Version), Version);
        OptionCheck.NotNull(this, nameof(Reasons), Reasons);
        OptionCheck.AtLeast<int>(this, nameof(TaskCount), TaskCount, 0);
        OptionCheck.AtLeast<long>(this, nameof(RowCount), RowCount, 0);
        OptionCheck.AtLeast<int>(this, nameof(Iterations), Iterations, 0);
        OptionCheck.InRange(this, nameof(BestIteration), BestIteration, 0, Iterations);
        OptionCheck.AtLeast<int>(this, nameof(ValidationEpisodes), ValidationEpisodes, 0);
        foreach (string reason in Reasons)
            OptionCheck.NotNull(this, nameof(Reasons), reason);
    }
}
