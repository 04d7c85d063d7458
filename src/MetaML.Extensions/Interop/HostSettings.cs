using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Interop;

/// <summary>Settings of the MLContext. ML.NET makes them visible only to its own components.</summary>
internal static class HostSettings
{
    /// <summary>The seed; null if none is set.</summary>
    public static int? Seed(IHostEnvironment env) => Internal(env)?.Seed;

    /// <summary>The device in the notation of <see cref="TrainingLoopOptions.Device"/>. It is null if GpuDeviceId is not set. ML.NET then uses the CPU.</summary>
    public static string? Device(IHostEnvironment env) => Internal(env)?.GpuDeviceId is { } number ? string.Create(CultureInfo.InvariantCulture, $"cuda:{number}") : null;

    /// <summary>Whether the CPU replaces a device that is not available.</summary>
    public static bool FallsBackToCpu(IHostEnvironment env) => Internal(env)?.FallbackToCpu ?? false;

    /// <summary>Throws if the context is cancelled, for example by AutoML.</summary>
    public static void ThrowIfCancelled(IHostEnvironment env) => env.CheckAlive();

    /// <summary>The context that a catalog of trainers belongs to.</summary>
    public static IHostEnvironment ContextOf(TrainCatalogBase.CatalogInstantiatorBase catalog) => catalog.GetEnvironment();

    private static IHostEnvironmentInternal? Internal(IHostEnvironment env) => env as IHostEnvironmentInternal;
}
