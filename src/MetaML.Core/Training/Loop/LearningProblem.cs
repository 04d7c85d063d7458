using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Tasks of one kind of label, with all that learning from them needs. Several problems may share an encoder.</summary>
internal sealed class LearningProblem
{
    private readonly Dictionary<string, int> _taskNumbers;

    /// <param name="training">The tasks; validation is split off them.</param>
    /// <param name="options">Validated, with encoder and adapter set.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <param name="fewestTasks">How many it takes.</param>
    /// <exception cref="InvalidOperationException">The tasks cannot be learned from.</exception>
    public LearningProblem(TaskSet training, MetaTrainingOptions options, Action<string>? log, Action<string>? warn, int fewestTasks)
    {
        Original = training;
        Labels = LabelScaling.Fit(training);
        Tasks = Labels.Apply(training);
        EpisodeSource source = EpisodeSource.Split(Tasks, options, new Random(options.Seed ?? 0), log, warn, fewestTasks);
        Source = source with { Training = options.Adapter!.Training(source.Training) };
        bool hasCommonOutputs = training.HasCommonOutputs && options.Episodes.Ways is null;
        int? outputs = !hasCommonOutputs ? null : training.Kind == LabelKind.Multiclass ? training.ClassCount : 1;
        Design = new MetaModelDesign(training.Kind, training.Features.FeatureCount, outputs, options.Encoder!, options.Adapter!);
        _taskNumbers = training.Tasks.Select((task, number) => (task.Name, number)).ToDictionary(pair => pair.Name, pair => pair.number);
    }

    private LearningProblem(LearningProblem original, FeatureStore embeddings)
    {
        (Original, Labels, Source, _taskNumbers) = (original.Original, original.Labels, original.Source, original._taskNumbers);
        Tasks = original.Tasks.On(embeddings);
        Design = original.Design.OnEmbeddings();
    }

    /// <summary>The tasks with labels in the user's units.</summary>
    public TaskSet Original { get; }

    /// <summary>From the user's units to those that are learned in.</summary>
    public LabelScaling Labels { get; }

    /// <summary>The tasks with labels as they are learned.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Draws episodes.</summary>
    public EpisodeSource Source { get; }

    /// <summary>What is not held out, with labels in the user's units.</summary>
    public IReadOnlyList<LearningTask> Kept => [.. Source.Kept.Select(pool => Original.Tasks[_taskNumbers[pool.Task.Name]].Take(pool.Support))];

    /// <summary>What encodes and adapts.</summary>
    public MetaModelDesign Design { get; }

    /// <summary>About how many multiplications a row takes on its way from a step's episodes to their loss.</summary>
    public long MultiplicationsPerRow => Design.Encoder.MultiplicationsPerRow * Design.Adapter.EncoderPasses;

    /// <summary>The numbers of the episodes' tasks among all tasks.</summary>
    public int[] NumbersOf(IReadOnlyList<Episode> episodes) => [.. episodes.Select(episode => _taskNumbers[episode.Task.Name])];

    /// <summary>The same episodes of rows that are embedded already.</summary>
    /// <param name="embeddings">As many rows as there are features of.</param>
    public LearningProblem OnEmbeddings(FeatureStore embeddings) => new(this, embeddings);

    /// <summary>Episodes as tensors, in the current dispose scope.</summary>
    public EpisodeBatch Gather(IReadOnlyList<Episode> episodes, FeatureScaling? scaling, Device device) => EpisodeBatch.Create(Tasks, episodes, scaling, device);
}
