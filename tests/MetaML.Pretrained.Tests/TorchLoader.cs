using System.Runtime.CompilerServices;
using MetaML.Native;

namespace MetaML.Pretrained.Tests;

internal static class TorchLoader
{
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.EnsureLoaded();
}
