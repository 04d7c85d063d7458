using System.Runtime.CompilerServices;
using MetaML.Native;

namespace MetaML.Extensions.Tests;

internal static class TorchLoader
{
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.EnsureLoaded();
}
