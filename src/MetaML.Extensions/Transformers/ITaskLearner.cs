using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers;

/// <summary>A step of a chain that knows tasks, and can learn and forget them.</summary>
internal interface ITaskLearner
{
    /// <summary>A model that holds the encoder.</summary>
    MetaModel Model { get; }

    string FeatureColumnName { get; }

    /// <summary>The tasks that it knows.</summary>
    IEnumerable<string> TaskNames { get; }

    /// <summary>Whether it knows a task.</summary>
    bool KnowsTask(string task);

    /// <summary>What it holds, in words and figures.</summary>
    ModelDescription Describe();

    /// <summary>The key columns that new tasks may bring new values to.</summary>
    IEnumerable<string> GrowingColumns { get; }

    /// <summary>The step that also knows the tasks of the support.</summary>
    /// <param name="env">Of whoever adapts: the environment that trained the step may be cancelled, and its log is another's.</param>
    /// <param name="support">Labelled rows.</param>
    /// <param name="options">How to adapt; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    ITransformer Adapt(IHostEnvironment env, IDataView support, AdaptationOptions? options, CancellationToken cancellationToken);

    /// <summary>The step that has forgotten a task.</summary>
    /// <param name="env">Of whoever asks.</param>
    /// <param name="task">The task's name.</param>
    ITransformer RemoveTask(IHostEnvironment env, string task);
}
