using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>What the MLContext is set to. ML.NET shows it to its own components alone.</summary>
internal static class HostSettings
{
    /// <summary>The seed; null where none is set.</summary>
    public static int? Seed(IHostEnvironment env) => Internal(env)?.Seed;

    /// <summary>The device as <see cref="TrainingLoopOptions.Device"/> names it; null where GpuDeviceId is not set, which to ML.NET means the processor.</summary>
    public static string? Device(IHostEnvironment env) => Internal(env)?.GpuDeviceId is { } number ? string.Create(CultureInfo.InvariantCulture, $"cuda:{number}") : null;

    /// <summary>Whether the processor may serve in place of the device.</summary>
    public static bool FallsBackToCpu(IHostEnvironment env) => Internal(env)?.FallbackToCpu ?? false;

    /// <summary>Throws where the context has been told to end, as AutoML does.</summary>
    public static void ThrowIfCancelled(IHostEnvironment env) => env.CheckAlive();

    /// <summary>The context that a catalog of trainers belongs to.</summary>
    public static IHostEnvironment ContextOf(TrainCatalogBase.CatalogInstantiatorBase catalog) => catalog.GetEnvironment();

    private static IHostEnvironmentInternal? Internal(IHostEnvironment env) => env as IHostEnvironmentInternal;
}
