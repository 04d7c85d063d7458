using System.Globalization;
using MetaML.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Options;

/// <summary>The device on which networks are trained: the CPU, or a CUDA device.</summary>
/// <param name="Cuda">The number of the CUDA device; null for the CPU.</param>
internal readonly record struct TrainingDevice(int? Cuda)
{
    private const string Expected = "\"cpu\", \"cuda\" or \"cuda:\" and a device's number";

    /// <summary>Parses the name of a device.</summary>
    /// <param name="options">The options with the property Device, for the error message.</param>
    /// <param name="name">The name; null for the CPU.</param>
    /// <exception cref="ArgumentException">The name is not that of a device.</exception>
    public static TrainingDevice Parse(object options, string? name)
    {
        string[] parts = (name ?? "cpu").Split(':');
        return (parts[0], parts.Length) switch
        {
            ("cpu", 1) => default,
            ("cuda", 1) => new(0),
            ("cuda", 2) when int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) => new(number),
            _ => throw OptionCheck.Error(options, nameof(MetaTrainingOptions.Device), Expected, $"'{name}'"),
        };
    }

    /// <summary>The device of the options if it is available; else the CPU if the options allow it.</summary>
    /// <param name="options">Validated options.</param>
    /// <param name="cudaDevices">Gives the number of CUDA devices that the native library can use. Called only if the options name a CUDA device.</param>
    /// <param name="log">Receives the choice of the device if the options name a CUDA device; may be null.</param>
    /// <exception cref="InvalidOperationException">The device is not available.</exception>
    public static TrainingDevice Choose(MetaTrainingOptions options, Func<int> cudaDevices, Action<string>? log)
    {
        TrainingDevice requested = Parse(options, options.Device);
        if (requested.Cuda is not { } number)
            return requested;
        int count = cudaDevices();
        if (number < count)
        {
            log?.Invoke($"Device: cuda:{number}, as requested, one of {count}.");
            return requested;
        }

        string missing = count == 0 ? "the native torch library can use no CUDA device here" : $"there are {count} CUDA devices, numbered from 0";
        if (!options.FallbackToCpu)
            throw OptionCheck.Unavailable(options, nameof(options.Device), "a device of this machine", $"'{options.Device}', and {missing}", "Training cannot start.", "Add the package TorchSharp-cuda-linux or TorchSharp-cuda-windows and check the driver, or set FallbackToCpu of the MLContext, or leave Device and GpuDeviceId unset.");
        log?.Invoke($"Device: cpu, since '{options.Device}' was requested, {missing}, and FallbackToCpu is set.");
        return default;
    }

    /// <summary>Number of CUDA devices that the native library can use. The library must be loaded.</summary>
    public static int CountCuda() => cuda.is_available() ? cuda.device_count() : 0;

    /// <summary>The device as an object of TorchSharp.</summary>
    public Device ToTorch() => Cuda is { } number ? new Device(DeviceType.CUDA, number) : CPU;
}
