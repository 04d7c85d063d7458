using System.Reflection;
using System.Runtime.InteropServices;

namespace MetaML.Native;

/// <summary>The errors of loading libtorch: one line for the cause and one line for the cure.</summary>
internal static class LoadFailure
{
    // The systems for which TorchSharp and libtorch have packages.
    private static readonly string[] s_platforms = ["linux-x64", "osx-arm64", "win-arm64", "win-x64"];

    /// <summary>The error after a failed load.</summary>
    /// <param name="cause">The error of the load.</param>
    public static DllNotFoundException Of(Exception cause)
    {
        string[] folders = [.. LibTorchSharpResolver.ProbedFolders()];
        bool isPresent = folders.Any(folder => File.Exists(Path.Combine(folder, FileName)));
        return Of(isPresent, Platform, Reason(cause), new DllNotFoundException($"Searched folders: {string.Join("; ", folders)}", cause));
    }

    /// <summary>The error after a failed load, from what is known about it.</summary>
    /// <param name="isPresent">Whether the file of libtorch is in a folder of the application.</param>
    /// <param name="platform">The system and processor, as in the names of packages.</param>
    /// <param name="reason">The line of the error of the load that gives the reason.</param>
    /// <param name="inner">The inner exception.</param>
    public static DllNotFoundException Of(bool isPresent, string platform, string reason, Exception? inner)
    {
        string command = $"dotnet add package libtorch-cpu-{platform} --version {Version("LibTorchCpuVersion")}";
        if (!s_platforms.Contains(platform))
        {
            return new DllNotFoundException($"Training a network requires the native library libtorch, and TorchSharp has none for {platform}." +
                $"\nTrain on one of {string.Join(", ", s_platforms)}. Models load, score and adapt on every system, except for gradient steps in a convolutional network.", inner);
        }

        return isPresent
            ? new DllNotFoundException($"Training a network requires the native library libtorch, and {FileName} could not be loaded: {reason}" +
                $"\nUse the version that TorchSharp {Version("TorchSharpVersion")} requires: {command}", inner)
            : new DllNotFoundException($"Training a network requires the native library libtorch, and no folder of the application contains {FileName}." +
                $"\nAdd it to the application: {command} (scoring, linear models and adaptation do not need it, except for gradient steps in a convolutional network)", inner);
    }

    /// <summary>The error where the libraries are present, but an earlier use of TorchSharp failed.</summary>
    /// <param name="cause">The error that the runtime repeats.</param>
    public static DllNotFoundException OfEarlierUse(TypeInitializationException cause) =>
        new("TorchSharp was used before MetaML and failed to load libtorch; .NET repeats that failure until the process ends." +
            "\nCall MetaML.TorchRuntime.EnsureLoaded() in the first line of the program, before the first use of TorchSharp.", cause);

    private static string Platform => $"{OperatingSystemName}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    private static string OperatingSystemName => OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : IsMusl ? "linux-musl" : "linux";

    private static bool IsMusl => RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    private static string FileName => OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";

    // The runtime's message has a line for each file that it tried.
    private static string Reason(Exception cause)
    {
        string[] lines = cause.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Skip(1).FirstOrDefault(line => !line.Contains("No such file", StringComparison.Ordinal)) ?? lines[0];
    }

    // The project file writes them.
    private static string Version(string property) =>
        typeof(LoadFailure).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == property).Value!;
}
