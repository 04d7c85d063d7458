namespace MetaML;

/// <summary>The largest memory use during a run, sampled every 25 milliseconds.</summary>
/// <param name="ManagedBytes">The size of the managed heap of the whole process in bytes, including garbage.</param>
/// <param name="ProcessBytes">The working set of the whole process in bytes, including the memory of native libraries, such as tensors.</param>
public readonly record struct PeakMemory(long ManagedBytes, long ProcessBytes)
{
    /// <summary>The larger of each of the two numbers.</summary>
    internal PeakMemory Or(PeakMemory other) => new(Math.Max(ManagedBytes, other.ManagedBytes), Math.Max(ProcessBytes, other.ProcessBytes));
}
