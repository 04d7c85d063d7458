using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Tasks;

/// <summary>The right of a silo to create tasks. It reserves blocks at the catalog of a model, so that few creations wait for it.</summary>
internal sealed class TaskQuota(IGrainFactory grains, IOptions<TaskGrainOptions> options) : IDisposable
{
    private const int Block = 64;

    private readonly ConcurrentDictionary<string, int> _free = new();
    private readonly SemaphoreSlim _reserving = new(1);

    /// <summary>Takes the right to create a task.</summary>
    /// <exception cref="ArgumentException">The model has as many tasks as are allowed.</exception>
    public async ValueTask Take(string model)
    {
        if (options.Value.MaximumTasks is not { } maximum || TryTake(model))
            return;
        await _reserving.WaitAsync();
        try
        {
            if (TryTake(model))
                return;
            int granted = await grains.GetModel(model).Reserve(Block, maximum);
            if (granted == 0)
                throw new ArgumentException($"{nameof(TaskGrainOptions)}.{nameof(TaskGrainOptions.MaximumTasks)} must be above the number of tasks of model '{model}'; got {maximum}. The task is not created. Remove tasks, or raise the limit.");
            _free.AddOrUpdate(model, granted - 1, (_, free) => free + granted - 1);
        }
        finally
        {
            _reserving.Release();
        }
    }

    /// <summary>Gives the right back, after a task is removed.</summary>
    public void GiveBack(string model)
    {
        if (options.Value.MaximumTasks is not null)
            _free.AddOrUpdate(model, 1, (_, free) => free + 1);
    }

    public void Dispose() => _reserving.Dispose();

    private bool TryTake(string model)
    {
        while (_free.TryGetValue(model, out int free) && free > 0)
        {
            if (_free.TryUpdate(model, free - 1, free))
                return true;
        }

        return false;
    }
}
