using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Tasks;

/// <summary>Runs the computations of a silo outside the schedulers of its grains, as many at a time as there are processors.</summary>
internal sealed class ComputeGate(IOptions<TaskGrainOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(Environment.ProcessorCount);
    private int _waiting;

    /// <summary>Computes when a processor is free.</summary>
    /// <exception cref="LimitExceededException">Too many computations wait.</exception>
    public async Task<T> Run<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        int maximum = options.Value.MaximumWaitingComputations;
        if (Interlocked.Increment(ref _waiting) > maximum + Environment.ProcessorCount)
        {
            Interlocked.Decrement(ref _waiting);
            throw new LimitExceededException($"At most {maximum} computations of a silo may wait; this request would be one more. The silo is busy. Try again later, or add silos.");
        }

        try
        {
            await _free.WaitAsync(cancellationToken);
            try
            {
                return await Task.Run(compute, cancellationToken);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _free.Dispose();
}
