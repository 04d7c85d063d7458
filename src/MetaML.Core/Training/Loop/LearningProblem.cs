using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Tasks of one kind of label, with the encoder and the adapter that are to learn from them. Several problems may share an encoder.</summary>
internal sealed class LearningProblem
{
    /// <param name="prepared">The tasks.</param>
    /// <param name="options">Validated, with encoder and adapter set.</param>
    public LearningProblem(PreparedProblem prepared, MetaTrainingOptions options)
    {
        Prepared = prepared;
        Tasks = prepared.Tasks;
        Training = options.Adapter!.Training(prepared.Source.Training);
        bool hasCommonOutputs = Tasks.HasCommonOutputs && options.Episodes.Ways is null;
        int? outputs = !hasCommonOutputs ? null : Tasks.Kind == LabelKind.Multiclass ? Tasks.ClassCount : 1;
        Design = new MetaModelDesign(Tasks.Kind, Tasks.Features.FeatureCount, outputs, options.Encoder!, options.Adapter!);
    }

    private LearningProblem(LearningProblem original, FeatureStore embeddings)
    {
        (Prepared, Training) = (original.Prepared, original.Training);
        Tasks = original.Tasks.On(embeddings);
        Design = original.Design.OnEmbeddings();
    }

    /// <summary>The tasks as every candidate learns from them.</summary>
    public PreparedProblem Prepared { get; }

    /// <summary>The tasks with labels as they are learned.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Draws the episodes that are trained on.</summary>
    public IEpisodeSampler Training { get; }

    /// <summary>Draws validation episodes; null where nothing was held out.</summary>
    public IEpisodeSampler? Validation => Prepared.Source.Validation;

    /// <summary>What encodes and adapts.</summary>
    public MetaModelDesign Design { get; }

    /// <summary>About how many multiplications a row takes on its way from a step's episodes to their loss.</summary>
    public long MultiplicationsPerRow => Design.Encoder.MultiplicationsPerRow * Design.Adapter.EncoderPasses;

    /// <summary>The same episodes of rows that are embedded already.</summary>
    /// <param name="embeddings">As many rows as there are features of.</param>
    public LearningProblem OnEmbeddings(FeatureStore embeddings) => new(this, embeddings);

    /// <summary>Episodes as tensors, in the current dispose scope.</summary>
    public EpisodeBatch Gather(IReadOnlyList<Episode> episodes, FeatureScaling? scaling, Device device) => EpisodeBatch.Create(Tasks, episodes, scaling, device);
}
