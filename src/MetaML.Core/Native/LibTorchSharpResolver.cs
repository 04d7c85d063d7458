using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MetaML.Native;

/// <summary>Loads TorchSharp's native library, changed by <see cref="ElfSymbolPatch"/>, on systems whose C++ library is too old for it. The runtime calls it after its own search has failed.</summary>
internal static partial class LibTorchSharpResolver
{
    /// <summary>The native library of TorchSharp, without the system's prefix and ending.</summary>
    public const string Name = "LibTorchSharp";

    // Each library depends on the ones before it. Only a CUDA package contains those of CUDA.
    private static readonly string[] s_dependencies = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    /// <summary>The handle of the library, or zero if another library is requested or no change is needed.</summary>
    /// <param name="assembly">The assembly that requests the library.</param>
    /// <param name="name">The requested name.</param>
    public static IntPtr Resolve(Assembly assembly, string name)
    {
        if (!OperatingSystem.IsLinux() || !name.Contains(Name, StringComparison.Ordinal) || SystemHasNewVersion())
            return IntPtr.Zero;

        string[] folders = [.. ProbedFolders()];
        string? path = folders.Select(folder => Path.Combine(folder, $"lib{Name}.so")).FirstOrDefault(File.Exists);
        if (path is null)
            return IntPtr.Zero;
        byte[] image = File.ReadAllBytes(path);
        if (!ElfSymbolPatch.IsNeeded(image))
            return IntPtr.Zero;

        foreach (string dependency in s_dependencies)
        {
            string? file = folders.Select(folder => Path.Combine(folder, dependency)).FirstOrDefault(File.Exists);
            if (file is not null)
                NativeLibrary.TryLoad(file, out _);
        }

        return LoadFromMemory(ElfSymbolPatch.Apply(image));
    }

    /// <summary>The folders in which the runtime searches for native libraries of this application.</summary>
    public static IEnumerable<string> ProbedFolders()
    {
        string fromHost = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string beside = Path.GetDirectoryName(typeof(TorchSharp.torch).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        return fromHost.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat([AppContext.BaseDirectory, beside])
            .SelectMany(root => new[] { root, Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native") })
            .Distinct();
    }

    /// <summary>Whether the C++ library of this system has <see cref="ElfSymbolPatch.NewSymbol"/>.</summary>
    public static bool SystemHasNewVersion() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out IntPtr library) && NativeLibrary.TryGetExport(library, ElfSymbolPatch.NewSymbol, out _);

    private static IntPtr LoadFromMemory(byte[] image)
    {
        int descriptor = MemfdCreate(Name, 0);
        if (descriptor < 0)
            throw new DllNotFoundException($"memfd_create failed with error {Marshal.GetLastPInvokeError()}, so that lib{Name}.so could not be adjusted to this system's libstdc++.");

        // The library remains mapped after its descriptor is closed.
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, image, 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);
}
