namespace MetaML;

/// <summary>The most memory that was in use while something ran, sampled every few hundredths of a second.</summary>
/// <param name="ManagedBytes">The managed heap of the whole process, garbage included.</param>
/// <param name="ProcessBytes">The working set of the whole process: native libraries' memory (tensors, above all) too, and whatever else the process holds.</param>
public readonly record struct PeakMemory(long ManagedBytes, long ProcessBytes);
