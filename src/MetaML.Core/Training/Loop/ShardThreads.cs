using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>Threads for the parts of an outer step. Each part has the same thread in all steps; part 0 has the thread of the caller.</summary>
/// <remarks>
/// Many small operations are faster as two threads with one part each than as two threads on every operation. The threads end
/// with the training, so that data that libtorch or OpenMP keeps for a thread are freed then. A step wakes only the threads that it
/// needs.
/// </remarks>
internal sealed class ShardThreads : IDisposable
{
    private readonly Worker[] _workers;

    /// <param name="count">Number of parts, including that of the caller.</param>
    public ShardThreads(int count) => _workers = [.. Enumerable.Range(1, count - 1).Select(part => new Worker(part))];

    public int Count => _workers.Length + 1;

    /// <summary>Runs parts 0 to <paramref name="parts"/> − 1, each on its thread, and waits for all of them.</summary>
    /// <param name="parts">At most <see cref="Count"/>.</param>
    /// <param name="work">The work of the part with a given number.</param>
    public void Run(int parts, Action<int> work)
    {
        Span<Worker> workers = _workers.AsSpan(0, parts - 1);
        foreach (Worker worker in workers)
            worker.Begin(work);
        Exception? failure = Worker.Try(work, 0);
        foreach (Worker worker in workers)
            failure = worker.End() is { } other ? failure ?? other : failure;
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        foreach (Worker worker in _workers)
            worker.Dispose();
    }

    private sealed class Worker : IDisposable
    {
        private readonly SemaphoreSlim _begin = new(0), _end = new(0);
        private readonly Thread _thread;
        private readonly int _part;
        private Action<int>? _work;
        private Exception? _failure;

        public Worker(int part)
        {
            _part = part;
            _thread = new Thread(Loop) { IsBackground = true, Name = $"Meta-training {part}" };
            _thread.Start();
        }

        public static Exception? Try(Action<int> work, int part)
        {
            // CA1031: every exception of a part is thrown again on the thread of the caller, after the other parts have ended.
#pragma warning disable CA1031
            try
            {
                work(part);
                return null;
            }
            catch (Exception error)
            {
                return error;
            }
#pragma warning restore CA1031
        }

        public void Begin(Action<int> work)
        {
            _work = work;
            _begin.Release();
        }

        public Exception? End()
        {
            _end.Wait();
            return _failure;
        }

        public void Dispose()
        {
            _work = null;
            _begin.Release();
            _thread.Join();
            _begin.Dispose();
            _end.Dispose();
        }

        private void Loop()
        {
            using var thread = new SingleIntraOpThread();
            using var grad = enable_grad();
            while (true)
            {
                _begin.Wait();
                if (_work is not { } work)
                    return;
                _failure = Try(work, _part);
                _end.Release();
            }
        }
    }
}
