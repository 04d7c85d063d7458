using System.Globalization;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>The device that the MLContext asks for.</summary>
internal static class HostDevice
{
    /// <summary>As <see cref="TrainingLoopOptions.Device"/>; null where GpuDeviceId is not set, which to ML.NET means the processor.</summary>
    public static string? Of(IHostEnvironment env) =>
        (env as IHostEnvironmentInternal)?.GpuDeviceId is { } number ? string.Create(CultureInfo.InvariantCulture, $"cuda:{number}") : null;

    /// <summary>Whether the processor may serve in its place.</summary>
    public static bool FallsBackToCpu(IHostEnvironment env) => (env as IHostEnvironmentInternal)?.FallbackToCpu ?? false;
}
