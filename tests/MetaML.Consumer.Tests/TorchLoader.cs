using System.Runtime.CompilerServices;
using MetaML.Native;

namespace MetaML.Consumer.Tests;

internal static class TorchLoader
{
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.EnsureLoaded();
}
