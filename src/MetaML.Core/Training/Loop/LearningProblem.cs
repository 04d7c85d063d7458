using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Tasks of one kind of label, with the encoder and the adapter that learn from them. Several problems may share an encoder.</summary>
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
        Design = new MetaModelDesign(Tasks.Kind, Tasks.Features.FeatureCount, outputs, options.Encoder!, options.Adapter!, Tasks.Features.FeatureNames, Tasks.CovariateNames, Tasks.GroupNames);
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

    /// <summary>Draws training episodes.</summary>
    public IEpisodeSampler Training { get; }

    /// <summary>Draws validation episodes; null if nothing is held out.</summary>
    public IEpisodeSampler? Validation => Prepared.Source.Validation;

    /// <summary>The encoder and the adapter.</summary>
    public MetaModelDesign Design { get; }

    /// <summary>The approximate number of multiplications for each row of an episode, up to its loss.</summary>
    public long MultiplicationsPerRow => Design.Encoder.MultiplicationsPerRow * Design.Adapter.EncoderPasses;

    /// <summary>The same episodes with embeddings in place of features.</summary>
    /// <param name="embeddings">The embedding of each row of the feature store.</param>
    public LearningProblem OnEmbeddings(FeatureStore embeddings) => new(this, embeddings);

    /// <summary>The episodes as tensors, which the current dispose scope owns.</summary>
    public EpisodeBatch Gather(IReadOnlyList<Episode> episodes, FeatureScaling? scaling, Device device) => EpisodeBatch.Create(Tasks, episodes, scaling, device);
}
