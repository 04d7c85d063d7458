using MetaML;
using MetaML.Extensions.Orleans.Options;

namespace Orleans;

/// <summary>Extension methods that return the grains of tasks.</summary>
public static class TaskGrainExtensions
{
    /// <summary>The grain of a task.</summary>
    /// <param name="grains">The cluster client, or the grain factory of a silo.</param>
    /// <param name="model">The name of the model: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <param name="task">The name of the task, with at most 256 characters.</param>
    /// <exception cref="ArgumentException">A name is not valid.</exception>
    public static ITaskGrain GetTask(this IGrainFactory grains, string model, string task)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<ITaskGrain>(GrainNames.KeyOf(model, task));
    }
}
