using MetaML.Data;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>The input of the adaptation of a batch of tasks.</summary>
public sealed record AdaptationInput
{
    /// <summary>The encoder.</summary>
    public required IEncoder Encoder { get; init; }

    /// <summary>The encoder's parameters. Each is shared by all tasks, or has a leading [tasks] dimension.</summary>
    public required ParameterSet EncoderParameters { get; init; }

    /// <summary>The adapter's own meta-learned parameters.</summary>
    public required ParameterSet AdapterParameters { get; init; }

    /// <summary>The rows to adapt on. A task may have no rows (all weights 0).</summary>
    public required RowBatch Support { get; init; }

    /// <summary>Float [tasks, outputs]: 1 for each output of a task, else 0.</summary>
    public required Tensor ClassMask { get; init; }

    /// <summary>The tasks, for values that are looked up by the name of a task; empty if the tasks are not known.</summary>
    public IReadOnlyList<LearningTask> Tasks { get; init; } = [];

    /// <summary>Float [tasks, covariates]: what is known of each task besides its rows, standardised; null if tasks have no covariates.</summary>
    public Tensor? Covariates { get; init; }

    /// <summary>Whether the outer step differentiates the result.</summary>
    public bool IsTraining { get; init; }

    /// <summary>The random generator of dropout masks; null for no dropout.</summary>
    public Generator? Dropout { get; init; }

    /// <summary>The progress of training, from 0 (the first outer step) to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Int64 [selected features]: the columns of sparse features to which <see cref="EncoderParameters"/> and the features are restricted; null if all features are given.</summary>
    public Tensor? Columns { get; init; }

    /// <summary>Number of outputs of a head.</summary>
    public int OutputCount => (int)ClassMask.shape[1];

    /// <summary>Embeds the support with <see cref="EncoderParameters"/>.</summary>
    /// <returns>Float [tasks, rows, embedding].</returns>
    public Tensor EmbedSupport() => Encoder.Forward(EncoderParameters, Support.Features, Dropout);

    /// <summary>Makes the input from an episode batch, and selects the columns of sparse features.</summary>
    /// <param name="batch">Support and class mask.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="encoderParameters">All the encoder's parameters.</param>
    /// <param name="adapterParameters">The adapter's parameters.</param>
    /// <param name="isTraining">Whether the outer step differentiates the result.</param>
    /// <param name="dropout">The random generator of dropout masks, or null.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    internal static AdaptationInput Of(
        EpisodeBatch batch, IEncoder encoder, ParameterSet encoderParameters, ParameterSet adapterParameters, bool isTraining = false, Generator? dropout = null, double progress = 0) => new()
        {
            Encoder = encoder,
            EncoderParameters = batch.Columns is null ? encoderParameters : encoder.SelectColumns(encoderParameters, batch.Columns),
            AdapterParameters = adapterParameters,
            Support = batch.Support,
            ClassMask = batch.ClassMask,
            Tasks = batch.Tasks,
            Covariates = batch.Covariates,
            IsTraining = isTraining,
            Dropout = dropout,
            Progress = progress,
            Columns = batch.Columns,
        };
}
