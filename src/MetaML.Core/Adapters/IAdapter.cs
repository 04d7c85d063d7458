using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>Fits a linear head, and where it wishes encoder parameters of a task's own, on each task's support.</summary>
/// <remarks>An adapter holds no values: each call is given its meta-learned parameters. One instance may serve many threads.</remarks>
public interface IAdapter
{
    /// <summary>The meta-learned parameters, in order.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>About how often a row passes through the encoder, on its way from a step's episodes to their loss.</summary>
    internal int EncoderPasses => 1;

    /// <summary>Adapts a batch of tasks, differentiably.</summary>
    /// <param name="input">Encoder, parameters and support.</param>
    /// <returns>A head per task; a task without support gets the prior's.</returns>
    AdaptedTasks Adapt(AdaptationInput input);

    /// <summary>Each task's query loss after adapting on its support, and what the outer step descends: as a rule the same.</summary>
    /// <param name="input">Encoder, parameters and support.</param>
    /// <param name="kind">What labels are.</param>
    /// <param name="query">The rows to be evaluated on.</param>
    /// <returns>Float [tasks] each. Gradients flow through the second, once.</returns>
    internal (Tensor Query, Tensor Outer) Losses(AdaptationInput input, LabelKind kind, RowBatch query) => LossesByGraph(this, input, kind, query);

    /// <summary><see cref="Losses"/> by <see cref="Adapt"/>, whose operations libtorch differentiates.</summary>
    internal static (Tensor Query, Tensor Outer) LossesByGraph(IAdapter adapter, AdaptationInput input, LabelKind kind, RowBatch query)
    {
        Tensor LossOf(AdaptedTasks tasks) => LabelLoss.PerTask(kind, tasks.Score(input.Encoder, query.Features, input.Dropout), query, input.ClassMask);
        AdaptedTasks adapted = adapter.Adapt(input);
        Tensor loss = LossOf(adapted);
        return (loss, adapted.OuterLoss(loss, LossOf));
    }

    /// <summary>Sets initial values so that a task without support is predicted from the pooled rows, whose classes are at their rates; by default changes nothing.</summary>
    /// <param name="parameters">All parameters in the order of <see cref="Parameters"/>, with initial values; values may be overwritten.</param>
    /// <param name="pooled">Rows of all training tasks as one task, for classes that all tasks share.</param>
    internal void StartFromPooled(IReadOnlyList<ParameterArray> parameters, EmbeddedTask pooled)
    {
    }

    /// <summary>Sets the parameters that are not trained, once training has ended.</summary>
    /// <param name="parameters">All parameters in the order of <see cref="Parameters"/>; values may be overwritten.</param>
    /// <param name="trainingTasks">Every training task's rows, embedded; made as they are asked for.</param>
    void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
    }
}
