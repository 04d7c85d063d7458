using System.Runtime.CompilerServices;

namespace MetaML;

/// <summary>Compiled into every assembly above MetaML.Core: the first use of any of them registers the loader of libtorch.</summary>
internal static class TorchLoaderRegistration
{
    // CA2255: see TorchRuntime.Register, which is the module initialiser that runs here.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Run() => RuntimeHelpers.RunModuleConstructor(typeof(TorchRuntime).Module.ModuleHandle);
}
