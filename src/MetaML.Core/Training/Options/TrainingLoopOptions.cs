using System.Text.Json.Serialization;
using MetaML.Options;
using MetaML.Training.Options;

namespace MetaML;

/// <summary>Options of the outer loop, for all kinds of training.</summary>
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
    /// <value>At least 0; default 1,000. With 0 the encoder keeps its initial parameters, and only the own limit of the search for a prior applies.</value>
    public virtual int MaximumNumberOfIterations { get; set; } = 1000;

    /// <summary>The time limit of training. Training ends after the outer step that reaches the limit, with the best parameters so far.</summary>
    /// <value>Positive, or null (default) for no limit.</value>
    /// <remarks>
    /// The time starts after the rows are read. It starts again if training continues from a checkpoint. A monotonic clock measures
    /// it. The limit also ends the search for a prior by empirical Bayes: the best prior so far is used, with a warning. It does not
    /// interrupt the adaptation of the training tasks at the end. The learning rate falls with the iterations or with the time,
    /// whichever has progressed further. The first half of joint training may take half of the time. If the limit ends the training,
    /// the same seed does not give the same results.
    /// </remarks>
    public TimeSpan? MaximumTrainingTime { get; set; }

    /// <summary>Initial learning rate of the outer optimiser (Adam, Kingma and Ba, 2014, arXiv 1412.6980). It falls to 0 with a cosine schedule (arXiv 1608.03983).</summary>
    /// <value>Positive; default 0.005, or 0.001 for training without labels.</value>
    public virtual double LearningRate { get; set; } = 0.005;

    /// <summary>The largest norm of the outer gradient. A larger gradient is scaled down to it.</summary>
    /// <value>Positive; default 1.</value>
    /// <remarks>
    /// Adam averages squared gradients over about a thousand steps, the length of a short training. One very large gradient, which
    /// unrolled inner steps can give, would slow down all later steps. With gradients of similar size, Adam's steps do not depend
    /// on their scale, so a low limit does no harm.
    /// </remarks>
    public double MaximumGradientNorm { get; set; } = 1;

    /// <summary>The share of training tasks that are held out to choose the best parameters. With fewer than ten tasks it is a share of each task's rows; without labels it is a share of all rows.</summary>
    /// <value>From 0 (no validation, no early stopping) to 0.5; default 0.2.</value>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>The rule for an end before <see cref="MaximumNumberOfIterations"/>; null for none.</summary>
    public EarlyStoppingOptions? EarlyStopping { get; set; } = new();

    /// <summary>The seed of all random numbers.</summary>
    /// <value>Null (default) for the seed of the MLContext, or 0 if it has none.</value>
    public int? Seed { get; set; }

    /// <summary>Number of threads that share the tasks of a step, if there is enough work.</summary>
    /// <value>At least 1, or null (default) for one per processor. Different numbers give results that differ by rounding.</value>
    public int? NumberOfThreads { get; set; }

    /// <summary>The device on which a network is trained.</summary>
    /// <value>
    /// "cpu", "cuda", or a device by number, such as "cuda:1". Null (default) for the CUDA device in GpuDeviceId of the MLContext,
    /// or "cpu" if it is not set. If the device is not available, training fails, or runs on the CPU if FallbackToCpu of the
    /// MLContext is set.
    /// </value>
    /// <remarks>Scoring, adaptation of new tasks, and linear priors by empirical Bayes always run on the CPU. Different devices give results that differ by rounding.</remarks>
    public string? Device { get; set; }

    /// <summary>Receives the progress after every outer step, on the training thread.</summary>
    [JsonIgnore]
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Cancels training within one outer step. Training then throws an <see cref="OperationCanceledException"/>, or, if <see cref="KeepBestWhenCancelled"/> is true, ends with the best parameters so far.</summary>
    /// <remarks>With <see cref="CheckpointPath"/>, a checkpoint is written before the exception, and the next training continues from it.</remarks>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Whether a cancelled training ends without an exception, with the parameters of the best validation loss so far.</summary>
    /// <value>Default false. A cancellation while the data are read always throws, because there are no parameters yet.</value>
    public bool KeepBestWhenCancelled { get; set; }

    /// <summary>A file for the state of training. If the file exists, training continues from it, with bitwise the same results as without the interruption.</summary>
    /// <value>
    /// Null (default) for none; else the path of a file in an existing folder. The file is replaced atomically. It is deleted when
    /// training succeeds, so it exists only after an interruption. A checkpoint of other options or data is an error. Equal results
    /// need the same version, machine, device and number of threads. Trainings that run at the same time need different paths.
    /// </value>
    public string? CheckpointPath { get; set; }

    /// <summary>Number of outer steps between checkpoints, if <see cref="CheckpointPath"/> is set.</summary>
    /// <value>At least 1; default 100.</value>
    public int CheckpointInterval { get; set; } = 100;

    /// <summary>The token for the work after the outer loop. Nothing cancels this work if <see cref="KeepBestWhenCancelled"/> is true.</summary>
    internal CancellationToken CompletionToken => KeepBestWhenCancelled ? CancellationToken.None : CancellationToken;

    /// <summary>Whether training may run on the CPU if <see cref="Device"/> is not available.</summary>
    internal bool FallbackToCpu { get; init; }

    /// <summary>The clock that measures <see cref="MaximumTrainingTime"/>.</summary>
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
