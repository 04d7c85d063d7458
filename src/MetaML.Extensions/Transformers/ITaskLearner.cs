using Microsoft.ML;

namespace MetaML.Extensions.Transformers;

/// <summary>A step of a chain that knows tasks, learns new tasks and removes tasks.</summary>
internal interface ITaskLearner
{
    /// <summary>The tasks that it knows.</summary>
    IEnumerable<string> TaskNames { get; }

    /// <summary>The meta-learner of each output.</summary>
    IReadOnlyList<MetaLearnerTransformer> Outputs { get; }

    /// <summary>Returns a step with other meta-learners of its outputs.</summary>
    /// <param name="context">The context of the caller.</param>
    /// <param name="outputs">As many as <see cref="Outputs"/>, in their order.</param>
    ITransformer WithOutputs(MLContext context, IReadOnlyList<MetaLearnerTransformer> outputs);

    /// <summary>Whether it knows a task.</summary>
    bool KnowsTask(string task);

    /// <summary>Describes the contents of the step.</summary>
    ModelDescription Describe();

    /// <summary>The key columns to which new tasks may add values.</summary>
    IEnumerable<string> GrowingColumns { get; }

    /// <summary>Returns a step whose tasks are changed by labelled rows. Tasks that it does not know are added.</summary>
    /// <param name="context">The context of the caller. The one that trained the step may be cancelled, and has another log.</param>
    /// <param name="rows">Labelled rows.</param>
    /// <param name="change">What the rows do to the tasks that they name.</param>
    /// <param name="cancellationToken">Stops the change between two tasks.</param>
    ITransformer Change(MLContext context, IDataView rows, TaskChange change, CancellationToken cancellationToken);

    /// <summary>The Task column; null if there is none.</summary>
    string? TaskColumnName { get; }

    /// <summary>Returns a step that knows one task and reads no Task column.</summary>
    /// <param name="context">The context of the caller.</param>
    /// <param name="task">The task's name.</param>
    /// <exception cref="ArgumentException">There is no Task column, or the task is unknown.</exception>
    ITransformer SelectTask(MLContext context, string task);

    /// <summary>Returns a step without one task.</summary>
    /// <param name="context">The context of the caller.</param>
    /// <param name="task">The task's name.</param>
    ITransformer RemoveTask(MLContext context, string task);
}
