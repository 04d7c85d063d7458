using MetaML.Options;
using MetaML.Training.Options;

namespace MetaML;

/// <summary>How the outer loop runs, whatever it learns from.</summary>
public abstract record TrainingLoopOptions
{
    private protected TrainingLoopOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    /// <summary>A copy that shares no mutable part with the original.</summary>
    /// <param name="original">The options to copy.</param>
    protected TrainingLoopOptions(TrainingLoopOptions original)
    {
        ArgumentNullException.ThrowIfNull(original);
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The largest number of outer steps, and of steps of each search for a prior by empirical Bayes.</summary>
    /// <value>At least 0; default 1,000. With 0 the encoder stays as it was initialised, and the search for a prior has only its own limit.</value>
    public int MaximumNumberOfIterations { get; set; } = 1000;

    /// <summary>The longest duration of the training. It ends with the step in which the time is up, and keeps the best parameters so far.</summary>
    /// <value>Positive, or null (default): as long as it takes.</value>
    /// <remarks>
    /// The time is measured by a monotonic clock. It starts when the rows have been read, and starts again when a training is resumed from a checkpoint.
    /// The limit also ends the search for a prior by empirical Bayes: the best prior so far is used, with a warning. It does not interrupt
    /// the adaptation of the training tasks at the end. The learning rate falls with the
    /// iterations or with the time, whichever is further advanced. The first half of joint training may take half of the time. If the
    /// limit is reached, the same seed no longer gives the same bits.
    /// </remarks>
    public TimeSpan? MaximumTrainingTime { get; set; }

    /// <summary>Initial learning rate of the outer optimiser (Adam, Kingma and Ba, 2014, arXiv 1412.6980); it falls to 0 along half a cosine (arXiv 1608.03983).</summary>
    /// <value>Positive; default 0.005, and 0.001 where an encoder is learned from features alone.</value>
    public double LearningRate { get; set; } = 0.005;

    /// <summary>The outer gradient is scaled down to this norm where it is larger.</summary>
    /// <value>Positive; default 1.</value>
    /// <remarks>
    /// Adam remembers squared gradients for about a thousand steps, which is all of a short training: one step far steeper than
    /// the others, as unrolled inner steps have them, would slow down all that follow. For steps that are alike, Adam makes the
    /// scale of the gradient irrelevant, so a low bound costs nothing.
    /// </remarks>
    public double MaximumGradientNorm { get; set; } = 1;

    /// <summary>Share of the training tasks held out to choose the best parameters; of each task's rows where there are fewer than ten tasks, and of all rows where there are no labels.</summary>
    /// <value>From 0 (no validation, no early stopping) to 0.5; default 0.2.</value>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>When to stop before <see cref="MaximumNumberOfIterations"/>; null never stops early.</summary>
    public EarlyStoppingOptions? EarlyStopping { get; set; } = new();

    /// <summary>Seed of every random choice.</summary>
    /// <value>Null (default): that of the MLContext, or 0 where there is none.</value>
    public int? Seed { get; set; }

    /// <summary>Threads that a step's tasks are shared out over, where they are work enough.</summary>
    /// <value>At least 1, or null (default): one for each processor. Results differ by rounding from number to number.</value>
    public int? NumberOfThreads { get; set; }

    /// <summary>Where a network is trained.</summary>
    /// <value>
    /// "cpu", "cuda" or "cuda:1"; null (default): the CUDA device that GpuDeviceId of the MLContext names, or "cpu" where it names none.
    /// Where the machine lacks it, training fails, or runs on the processor if FallbackToCpu of the MLContext is set.
    /// </value>
    /// <remarks>Scoring, adapting new tasks, and learning a linear prior by empirical Bayes run on the processor in any case. Results differ by rounding from device to device.</remarks>
    public string? Device { get; set; }

    /// <summary>Told of every outer step, on the training thread.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Stops training within one outer step: by an <see cref="OperationCanceledException"/>, or, where <see cref="KeepBestWhenCancelled"/> is set, with the best so far.</summary>
    /// <remarks>With <see cref="CheckpointPath"/>, the exception comes after a checkpoint: the next training goes on from there.</remarks>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Whether a training that is cancelled ends as one that is stopped early: with the parameters that were best on validation so far, and without an exception.</summary>
    /// <value>Default false. Reading the data still throws when it is cancelled: there is nothing to keep.</value>
    public bool KeepBestWhenCancelled { get; set; }

    /// <summary>A file that training is kept in while it runs: where it is there, training goes on from it, to the same bits as without the break.</summary>
    /// <value>
    /// Null (default) for none; else the path of a file in a folder that exists. It is replaced in one step, and deleted when
    /// training has ended well, so it is there after a break alone. One of other options or data is refused. The same bits need the
    /// same version, machine, device and number of threads. Each training that may run at the same time needs a path of its own.
    /// </value>
    public string? CheckpointPath { get; set; }

    /// <summary>Outer steps from one checkpoint to the next, where <see cref="CheckpointPath"/> is set.</summary>
    /// <value>At least 1; default 100.</value>
    public int CheckpointInterval { get; set; } = 100;

    /// <summary>What may still cancel once the outer loop has ended: nothing where the best so far is to be kept.</summary>
    internal CancellationToken CompletionToken => KeepBestWhenCancelled ? CancellationToken.None : CancellationToken;

    /// <summary>Whether the processor may serve where <see cref="Device"/> is absent.</summary>
    internal bool FallbackToCpu { get; init; }

    /// <summary>What <see cref="MaximumTrainingTime"/> is measured by.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Checks the options of the loop.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it, the range and the value.</exception>
    private protected void ValidateLoop()
    {
        OptionCheck.AtLeast<int>(this, nameof(MaximumNumberOfIterations), MaximumNumberOfIterations, 0);
        OptionCheck.Positive(this, nameof(MaximumTrainingTime), MaximumTrainingTime);
        OptionCheck.Positive(this, nameof(LearningRate), LearningRate);
        OptionCheck.Positive(this, nameof(MaximumGradientNorm), MaximumGradientNorm);
        OptionCheck.InRange(this, nameof(ValidationFraction), ValidationFraction, 0, 0.5);
        OptionCheck.AtLeast(this, nameof(NumberOfThreads), NumberOfThreads, 1);
        TrainingDevice.Parse(this, Device);
        OptionCheck.NotBlank(this, nameof(CheckpointPath), CheckpointPath);
        OptionCheck.AtLeast<int>(this, nameof(CheckpointInterval), CheckpointInterval, 1);
        EarlyStopping?.Validate();
    }
}
