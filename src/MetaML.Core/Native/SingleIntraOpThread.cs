using TorchSharp;

namespace MetaML.Native;

/// <summary>Until it is disposed, libtorch computes each operation on the calling thread alone.</summary>
/// <remarks>
/// Threads of libtorch wait for each other in a busy loop. On the small tensors of episodes, two threads are hardly faster
/// than one, and many times slower while another program is busy. One thread also gives the same bits on any number of
/// processors. The number of threads is a setting of the process. It is restored when the last instance is disposed.
/// </remarks>
internal sealed class SingleIntraOpThread : IDisposable
{
    private static readonly Lock s_lock = new();
    private static int s_holders;
    private static int s_threadsBefore;

    /// <summary>Sets one thread. The native library must be loaded.</summary>
    public SingleIntraOpThread()
    {
        lock (s_lock)
        {
            if (s_holders++ == 0)
                s_threadsBefore = torch.get_num_threads();
            torch.set_num_threads(1); // OpenMP stores the number separately for each thread
        }
    }

    public void Dispose()
    {
        lock (s_lock)
        {
            if (--s_holders == 0)
                torch.set_num_threads(s_threadsBefore);
        }
    }
}
