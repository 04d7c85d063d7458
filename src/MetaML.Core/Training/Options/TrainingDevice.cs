using System.Globalization;
using MetaML.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Training.Options;

/// <summary>Where networks are trained: on the processor, or on a CUDA device.</summary>
/// <param name="Cuda">The device's number; null for the processor.</param>
internal readonly record struct TrainingDevice(int? Cuda)
{
    private const string Expected = "\"cpu\", \"cuda\" or \"cuda:\" and a device's number";

    /// <summary>The device of a name.</summary>
    /// <param name="options">Whose Device it is.</param>
    /// <param name="name">The name, or null for the processor.</param>
    /// <exception cref="ArgumentException">It names none.</exception>
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

    /// <summary>The device that options ask for where the machine has it; else, where they allow it, the processor.</summary>
    /// <param name="options">Validated.</param>
    /// <param name="cudaDevices">How many CUDA devices the native library can use; asked only where one is needed.</param>
    /// <param name="log">Told which device it is, unless nothing was asked for; may be null.</param>
    /// <exception cref="InvalidOperationException">The machine lacks it.</exception>
    public static TrainingDevice Choose(MetaTrainingOptions options, Func<int> cudaDevices, Action<string>? log)
    {
        TrainingDevice asked = Parse(options, options.Device);
        if (asked.Cuda is not { } number)
            return asked;
        int count = cudaDevices();
        if (number < count)
        {
            log?.Invoke($"Device: cuda:{number}, as asked for, one of {count}.");
            return asked;
        }

        string missing = count == 0 ? "the native torch library can use no CUDA device here" : $"there are {count} CUDA devices, numbered from 0";
        if (!options.FallbackToCpu)
            throw OptionCheck.Unavailable(options, nameof(options.Device), "a device of this machine", $"'{options.Device}', and {missing}", "Training cannot start.", "Add the package TorchSharp-cuda-linux or TorchSharp-cuda-windows and check the driver, or set FallbackToCpu of the MLContext, or leave Device and GpuDeviceId unset.");
        log?.Invoke($"Device: cpu, since '{options.Device}' was asked for, {missing}, and FallbackToCpu is set.");
        return default;
    }

    /// <summary>How many CUDA devices the native library, which must be loaded, can use.</summary>
    public static int CountCuda() => cuda.is_available() ? cuda.device_count() : 0;

    /// <summary>The device as TorchSharp names it.</summary>
    public Device ToTorch() => Cuda is { } number ? new Device(DeviceType.CUDA, number) : CPU;
}
