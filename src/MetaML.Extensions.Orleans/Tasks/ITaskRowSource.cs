namespace MetaML;

/// <summary>Gives the rows of tasks to silos, for versions of a model that cannot take over the statistics of the version before. The host registers it as a service.</summary>
public interface ITaskRowSource
{
    /// <summary>All rows of a task, with labels.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="task">The name of the task.</param>
    /// <param name="version">The version that is to be adapted.</param>
    /// <param name="cancellationToken">Stops the method.</param>
    /// <returns>The rows, with every row that the task has learned and not forgotten; null if they are not there yet. The task then goes on with its version, and asks again later.</returns>
    Task<TaskRows?> ReadAsync(string model, string task, string version, CancellationToken cancellationToken);
}
