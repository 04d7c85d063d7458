using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace MetaML;

/// <summary>Loads the native library libtorch, also on Linux systems whose C++ library is older than TorchSharp requires.</summary>
/// <remarks>Training a network, and adapters that change the encoder, load libtorch. Scoring never does.</remarks>
public static class TorchRuntime
{
    private static readonly Lazy<DllNotFoundException?> s_failure = new(Load);

    /// <summary>Loads libtorch if it is not loaded yet. A program that uses TorchSharp before it uses this library must call this method first.</summary>
    /// <exception cref="DllNotFoundException">libtorch is absent or cannot be loaded. The message has two lines: the cause and the cure. The inner exception lists the folders that were searched.</exception>
    public static void EnsureLoaded()
    {
        if (s_failure.Value is { } failure)
            throw new DllNotFoundException(failure.Message, failure.InnerException);
    }

    // CA2255: module initialisers are for applications. This library needs one, because the runtime does not try a failed
    // load again: the handler must be registered before TorchSharp is used. Registering loads nothing.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += LibTorchSharpResolver.Resolve;

    private static DllNotFoundException? Load()
    {
        // TorchSharp loads the same names first. If it fails, it copies libtorch from the package cache into the output
        // folder (500 MB), so TorchSharp is used only after these libraries are loaded.
        Assembly torchSharp = typeof(torch).Assembly;
        NativeLibrary.TryLoad("torch_cpu", torchSharp, null, out _);
        try
        {
            NativeLibrary.Load(LibTorchSharpResolver.Name, torchSharp, null);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            return LoadFailure.Of(error);
        }

        try
        {
            return Initialize() ? null : LoadFailure.Of(new DllNotFoundException("TorchSharp reports no CPU backend."));
        }
        catch (TypeInitializationException error)
        {
            return LoadFailure.OfEarlierUse(error);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or FileNotFoundException or NotSupportedException)
        {
            return LoadFailure.Of(error);
        }
    }

    // A method of its own: TorchSharp's static constructors must not run earlier.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Initialize()
    {
        if (!torch.TryInitializeDeviceType(DeviceType.CPU))
            return false;
        using torch.Tensor probe = torch.zeros(1);
        return true;
    }
}
