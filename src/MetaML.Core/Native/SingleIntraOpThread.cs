using TorchSharp;

namespace MetaML.Native;

/// <summary>While any is held, libtorch computes each operation on the calling thread alone.</summary>
/// <remarks>
/// Its threads wait for each other by spinning: on tensors as small as those of episodes two are hardly faster than one, and
/// many times slower while another program is busy. One thread also gives the same bits whatever the number of processors.
/// The number of threads belongs to the process; what it was is restored when the last one is disposed.
/// </remarks>
internal sealed class SingleIntraOpThread : IDisposable
{
    private static readonly Lock s_lock = new();
    private static int s_holders;
    private static int s_threadsBefore;

    /// <summary>Begins; the native library must be loaded.</summary>
    public SingleIntraOpThread()
    {
        lock (s_lock)
        {
            if (s_holders++ == 0)
                s_threadsBefore = torch.get_num_threads();
            torch.set_num_threads(1); // for each thread anew: OpenMP keeps the number by thread
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
