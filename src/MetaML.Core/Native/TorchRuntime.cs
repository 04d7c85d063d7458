using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace MetaML;

/// <summary>Loads the native torch library, also on Linux systems whose C++ library is older than TorchSharp asks for.</summary>
/// <remarks>Nothing is loaded until training, or an adapter that needs libtorch, asks for it; scoring never does.</remarks>
public static class TorchRuntime
{
    private static readonly Lazy<Exception?> s_failure = new(Load);

    /// <summary>Loads libtorch if it is not loaded yet. A program that uses TorchSharp itself, before it uses this library, calls this first.</summary>
    /// <exception cref="DllNotFoundException">libtorch is absent or cannot be loaded; the message lists where it was looked for, and the package to add.</exception>
    public static void EnsureLoaded()
    {
        if (s_failure.Value is { } failure)
            throw new DllNotFoundException(FailureMessage(LibTorchSharpResolver.ProbedFolders(), failure.Message), failure);
    }

    // CA2255: a library's module initialiser is wanted here: the runtime caches a failed load for good, so the handler must
    // be in place before anything touches TorchSharp. It loads nothing.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += LibTorchSharpResolver.Resolve;

    internal static string FailureMessage(IEnumerable<string> probed, string cause) =>
        $"""
        The native torch library could not be loaded: {cause}
        Meta-training needs it, as do adapters that change the encoder; scoring and closed-form adaptation do not.
        Looked in: {string.Join("; ", probed)}
        Likely causes: the application references no native backend, or one for another platform or TorchSharp version; or a file of it is damaged.
        Add the package TorchSharp-cpu, or libtorch-cpu-{RuntimeInformation.RuntimeIdentifier} for this platform alone, or TorchSharp-cuda-linux or TorchSharp-cuda-windows for an NVIDIA GPU, to the application.
        """;

    private static Exception? Load()
    {
        try
        {
            if (!torch.TryInitializeDeviceType(DeviceType.CPU))
                return new DllNotFoundException("TorchSharp reports no CPU backend.");
            using torch.Tensor probe = torch.zeros(1);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException or NotSupportedException or BadImageFormatException or EntryPointNotFoundException or FileNotFoundException)
        {
            return error.InnerException ?? error;
        }
    }
}
