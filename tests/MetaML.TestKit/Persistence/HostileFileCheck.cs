using System.Diagnostics;
using Microsoft.ML;
using Xunit;

namespace MetaML.TestKit;

/// <summary>Loads files with LoadChecked, and detects behaviour that no file may cause.</summary>
internal sealed class HostileFileCheck : IDisposable
{
    private const long AllowedBytes = 256 << 20;
    private const double AllowedSeconds = 5; // generous for a busy machine; a file of this size takes milliseconds

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _strange = [];

    public HostileFileCheck()
    {
        AppDomain.CurrentDomain.AssemblyLoad += NoteLoad;
        AppDomain.CurrentDomain.AssemblyResolve += NoteWish;
    }

    public int Loaded { get; private set; }

    public int Refused { get; private set; }

    /// <summary>The largest allocation of a load beyond the size of its file, in bytes.</summary>
    public long MostBytes { get; private set; }

    /// <summary>The longest time of a load.</summary>
    public double MostSeconds { get; private set; }

    /// <summary>Loads a file.</summary>
    /// <returns>A description of the error; null if the file loads or is refused as documented, within the limits.</returns>
    public string? Check(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        Exception? error = Record.Exception(() => _ml.MetaLearning().LoadChecked(new MemoryStream(file), out _));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before - file.Length;
        (MostBytes, MostSeconds) = (Math.Max(MostBytes, bytes), Math.Max(MostSeconds, seconds));
        Loaded += error is null ? 1 : 0;
        Refused += error is null ? 0 : 1;
        return error is not (null or InvalidDataException or EndOfStreamException) ? error.ToString()
            : bytes > AllowedBytes ? $"allocated {bytes:N0} bytes"
            : seconds > AllowedSeconds ? $"took {seconds:F1} s"
            : _strange.FirstOrDefault();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.AssemblyLoad -= NoteLoad;
        AppDomain.CurrentDomain.AssemblyResolve -= NoteWish;
    }

    private void NoteLoad(object? sender, AssemblyLoadEventArgs args)
    {
        if (args.LoadedAssembly.GetName().Name is { } name && name.StartsWith("Evil", StringComparison.Ordinal))
            _strange.Add($"loaded {name}");
    }

    private System.Reflection.Assembly? NoteWish(object? sender, ResolveEventArgs args)
    {
        if (args.Name.StartsWith("Evil", StringComparison.Ordinal))
            _strange.Add($"asked for {args.Name}");
        return null;
    }
}
