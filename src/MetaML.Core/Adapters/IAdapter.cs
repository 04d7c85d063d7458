using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>Fits a linear head for each task on its support, and optionally encoder parameters for each task.</summary>
/// <remarks>An adapter holds no values: each call receives the meta-learned parameters. Several threads may use one instance at once.</remarks>
public interface IAdapter
{
    /// <summary>The meta-learned parameters, in order.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>The approximate number of encoder passes for each row in one outer step. Measures the work of a step.</summary>
    internal int EncoderPasses => 1;

    /// <summary>Adapts a batch of tasks, differentiably.</summary>
    /// <param name="input">Encoder, parameters and support.</param>
    /// <returns>A head for each task. A task without support gets the head of the prior.</returns>
    AdaptedTasks Adapt(AdaptationInput input);

    /// <summary>The query loss of each task after adaptation on its support, and the loss that the outer step minimises. The two are usually the same.</summary>
    /// <param name="input">Encoder, parameters and support.</param>
    /// <param name="kind">The kind of label.</param>
    /// <param name="query">The query rows.</param>
    /// <returns>Two tensors, float [tasks]. The second can be differentiated once.</returns>
    internal (Tensor Query, Tensor Outer) Losses(AdaptationInput input, LabelKind kind, RowBatch query) => LossesByGraph(this, input, kind, query);

    /// <summary>Computes <see cref="Losses"/> with <see cref="Adapt"/>. Libtorch differentiates the result.</summary>
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
    /// <param name="trainingTasks">The embedded rows of each training task. A task is embedded when the enumeration reaches it.</param>
    void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
    }

    /// <summary><see cref="CompletePrior(IReadOnlyList{ParameterArray}, IEnumerable{EmbeddedTask})"/> within limits.</summary>
    /// <param name="parameters">All parameters; values may be overwritten.</param>
    /// <param name="trainingTasks">The rows of at most <see cref="MostPriorTasks"/> training tasks, embedded; made when they are asked for.</param>
    /// <param name="limits">The number of steps and the time.</param>
    internal void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits) => CompletePrior(parameters, trainingTasks);

    /// <summary>The statistics of training tasks for <see cref="CompletePrior(IReadOnlyList{ParameterArray}, IEnumerable{EmbeddedTask}, PriorLimits)"/>, which can then be repeated for some of the tasks at a small cost.</summary>
    /// <param name="trainingTasks">As there. A task is embedded when the enumeration reaches it.</param>
    internal IPriorEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks) => new StoredTasks(this, trainingTasks);

    /// <summary>The largest number of training tasks that <see cref="CompletePrior(IReadOnlyList{ParameterArray}, IEnumerable{EmbeddedTask}, PriorLimits)"/> uses.</summary>
    /// <param name="meanRows">Mean number of rows of a task.</param>
    internal int MostPriorTasks(double meanRows) => int.MaxValue;
}
