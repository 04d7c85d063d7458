using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Files;

/// <summary>Saves numbers to a stream or restores them from it, so that one method serves both directions.</summary>
/// <param name="stream">Where the numbers are written or read.</param>
/// <param name="restores">True to restore, false to save.</param>
internal sealed class StateExchange(Stream stream, bool restores)
{
    /// <summary>Saves or restores an integer.</summary>
    /// <param name="value">From <paramref name="minimum"/> to <paramref name="maximum"/>.</param>
    /// <param name="minimum">The smallest that may be read.</param>
    /// <param name="maximum">The largest that may be read.</param>
    /// <exception cref="InvalidDataException">The restored number is outside the range.</exception>
    public void Exchange(ref int value, int minimum = 0, int maximum = int.MaxValue)
    {
        Exchange(MemoryMarshal.AsBytes(new Span<int>(ref value)));
        if (restores && (value < minimum || value > maximum))
            throw new InvalidDataException($"A checkpoint's count must be between {minimum} and {maximum}; got {value}. The file is damaged.");
    }

    /// <summary>Saves or restores a Boolean.</summary>
    public void Exchange(ref bool value)
    {
        int number = value ? 1 : 0;
        Exchange(ref number, 0, 1);
        value = number == 1;
    }

    /// <summary>Saves or restores a finite number.</summary>
    /// <exception cref="InvalidDataException">The restored number is not finite.</exception>
    public void Exchange(ref double value) => Exchange(new Span<double>(ref value));

    /// <summary>Saves finite numbers, or restores them in place.</summary>
    /// <exception cref="InvalidDataException">A restored number is not finite.</exception>
    public void Exchange(Span<double> values)
    {
        Exchange(MemoryMarshal.AsBytes(values));
        foreach (double value in values)
            Check(double.IsFinite(value));
    }

    /// <inheritdoc cref="Exchange(Span{double})"/>
    public void Exchange(Span<float> values)
    {
        Exchange(MemoryMarshal.AsBytes(values));
        foreach (float value in values)
            Check(float.IsFinite(value));
    }

    /// <summary>Saves the values of a tensor, or restores them in place.</summary>
    /// <param name="values">Float, contiguous.</param>
    /// <exception cref="InvalidDataException">A restored value is not finite.</exception>
    public void Exchange(Tensor values)
    {
        using var scope = NewDisposeScope();
        Tensor onCpu = values.cpu(); // the same memory if the tensor is on the CPU
        Exchange(MemoryMarshal.Cast<byte, float>(onCpu.bytes));
        if (restores && values.device.type != DeviceType.CPU)
            values.copy_(onCpu);
    }

    private void Exchange(Span<byte> bytes)
    {
        if (restores)
            stream.ReadExactly(bytes);
        else
            stream.Write(bytes);
    }

    private void Check(bool isFinite)
    {
        if (restores && !isFinite)
            throw new InvalidDataException("A checkpoint's numbers must be finite. The file is damaged.");
    }
}
