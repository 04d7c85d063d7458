using MetaML.Data;
using MetaML.Encoders;
using MetaML.Episodes;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters;

/// <summary>What several tasks are adapted from at once.</summary>
public sealed record AdaptationInput
{
    /// <summary>The encoder.</summary>
    public required IEncoder Encoder { get; init; }

    /// <summary>The encoder's parameters, shared by all tasks, or copies for each along a leading [tasks] dimension.</summary>
    public required ParameterSet EncoderParameters { get; init; }

    /// <summary>The adapter's own meta-learned parameters.</summary>
    public required ParameterSet AdapterParameters { get; init; }

    /// <summary>The rows to adapt on; may hold tasks without rows (all weights 0).</summary>
    public required RowBatch Support { get; init; }

    /// <summary>Float [tasks, outputs]: 1 for the outputs that a task has.</summary>
    public required Tensor ClassMask { get; init; }

    /// <summary>The tasks, for what belongs to a task by its name; none where it is not known.</summary>
    public IReadOnlyList<LearningTask> Tasks { get; init; } = [];

    /// <summary>Whether the result is differentiated again, by the outer step.</summary>
    public bool IsTraining { get; init; }

    /// <summary>Source of dropout masks; null where nothing is dropped.</summary>
    public Generator? Dropout { get; init; }

    /// <summary>How far training is, from 0 (the first outer step) to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Int64 [features given]: the columns that <see cref="EncoderParameters"/> are selected for; null where all features are given.</summary>
    public Tensor? Columns { get; init; }

    /// <summary>Number of outputs of a head.</summary>
    public int OutputCount => (int)ClassMask.shape[1];

    /// <summary>The support's embeddings under the shared parameters.</summary>
    /// <returns>Float [tasks, rows, embedding].</returns>
    public Tensor EmbedSupport() => Encoder.Forward(EncoderParameters, Support.Features, Dropout);

    /// <summary>An input of an episode batch, with the columns of sparse features selected.</summary>
    /// <param name="batch">Support, and which outputs each task has.</param>
    /// <param name="encoder">The encoder.</param>
    /// <param name="encoderParameters">All the encoder's parameters.</param>
    /// <param name="adapterParameters">The adapter's parameters.</param>
    /// <param name="isTraining">Whether the result is differentiated again.</param>
    /// <param name="dropout">Source of dropout masks, or null.</param>
    /// <param name="progress">How far training is.</param>
    internal static AdaptationInput Of(
        EpisodeBatch batch, IEncoder encoder, ParameterSet encoderParameters, ParameterSet adapterParameters, bool isTraining = false, Generator? dropout = null, double progress = 0) => new()
        {
            Encoder = encoder,
            EncoderParameters = batch.Columns is null ? encoderParameters : encoder.SelectColumns(encoderParameters, batch.Columns),
            AdapterParameters = adapterParameters,
            Support = batch.Support,
            ClassMask = batch.ClassMask,
            Tasks = batch.Tasks,
            IsTraining = isTraining,
            Dropout = dropout,
            Progress = progress,
            Columns = batch.Columns,
        };
}
