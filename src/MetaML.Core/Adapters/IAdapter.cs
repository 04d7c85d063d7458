using MetaML.Parameters;
using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>Fits a linear head, and where it wishes encoder parameters of a task's own, on each task's support.</summary>
/// <remarks>An adapter holds no values: each call is given its meta-learned parameters. One instance may serve many threads.</remarks>
public interface IAdapter
{
    /// <summary>The meta-learned parameters, in order.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Adapts a batch of tasks, differentiably.</summary>
    /// <param name="input">Encoder, parameters and support.</param>
    /// <returns>A head per task; a task without support gets the prior's.</returns>
    AdaptedTasks Adapt(AdaptationInput input);

    /// <summary>Sets the parameters that are not trained, once training has ended.</summary>
    /// <param name="parameters">All parameters in the order of <see cref="Parameters"/>; values may be overwritten.</param>
    /// <param name="trainingTasks">Every training task's rows, embedded; made as they are asked for.</param>
    void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
    }
}
