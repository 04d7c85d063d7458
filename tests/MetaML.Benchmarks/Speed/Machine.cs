using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Trainers.LightGbm;
using TorchSharp;

namespace MetaML.Benchmarks.Speed;

/// <summary>Describes the machine and the software of a measurement.</summary>
internal static class Machine
{
    /// <summary>Processor, number of threads, operating system, and versions. The version of this library contains its commit.</summary>
    public static string Description => string.Join(", ",
    [
        Processor,
        $"{Environment.ProcessorCount} threads",
        Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : "128-bit vectors",
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Version(typeof(MetaModel)),
        Version(typeof(MLContext)),
        Version(typeof(LightGbmBinaryTrainer)),
        Version(typeof(torch)),
    ]);

    private static string Processor => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString()
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string Version(Type type) =>
        $"{type.Assembly.GetName().Name} {type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}";
}
