using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers;

/// <summary>A step of a chain that knows tasks, learns new tasks and removes tasks.</summary>
internal interface ITaskLearner
{
    /// <summary>A model that contains the encoder.</summary>
    MetaModel Model { get; }

    string FeatureColumnName { get; }

    /// <summary>The tasks that it knows.</summary>
    IEnumerable<string> TaskNames { get; }

    /// <summary>Whether it knows a task.</summary>
    bool KnowsTask(string task);

    /// <summary>Describes the contents of the step.</summary>
    ModelDescription Describe();

    /// <summary>The key columns to which new tasks may add values.</summary>
    IEnumerable<string> GrowingColumns { get; }

    /// <summary>Returns a step that also knows the tasks of the support.</summary>
    /// <param name="env">The environment of the caller. The environment that trained the step may be cancelled, and has another log.</param>
    /// <param name="support">Labelled rows.</param>
    /// <param name="options">Options of the adaptation; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the adaptation between two tasks.</param>
    ITransformer Adapt(IHostEnvironment env, IDataView support, AdaptationOptions? options, CancellationToken cancellationToken);

    /// <summary>Returns a step without one task.</summary>
    /// <param name="env">The environment of the caller.</param>
    /// <param name="task">The task's name.</param>
    ITransformer RemoveTask(IHostEnvironment env, string task);
}
