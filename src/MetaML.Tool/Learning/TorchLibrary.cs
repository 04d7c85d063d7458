using System.Runtime.InteropServices;

namespace MetaML.Tool.Learning;

/// <summary>Finds libtorch, with which networks are trained. The tool does not contain it, since it is 30 times as large as the tool.</summary>
internal static class TorchLibrary
{
    /// <summary>The environment variable with the folder of libtorch.</summary>
    public const string Variable = "METAML_LIBTORCH";

    private static readonly string[] s_names = OperatingSystem.IsWindows() ? ["c10.dll", "torch_cpu.dll", "torch.dll"] : OperatingSystem.IsMacOS() ? ["libc10.dylib", "libtorch_cpu.dylib", "libtorch.dylib"] : ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    private static readonly Lazy<bool> s_isPresent = new(Load);

    /// <summary>Whether networks can be trained.</summary>
    public static bool IsPresent => s_isPresent.Value;

    private static bool Load()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder)
        {
            // Loaded in the order of their dependencies, so that the system finds each among those that are loaded.
            foreach (string name in s_names)
            {
                if (Directory.EnumerateFiles(folder, name + "*").FirstOrDefault() is { } path)
                    NativeLibrary.TryLoad(path, out _);
            }
        }

        try
        {
            TorchRuntime.EnsureLoaded();
            return true;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }
}
