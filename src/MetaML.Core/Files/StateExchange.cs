using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Files;

/// <summary>Writes numbers, or fills in those that were written: what a part of training remembers is said once for both ways.</summary>
/// <param name="stream">Receives the numbers, or has them.</param>
/// <param name="restores">Whether numbers are read.</param>
internal sealed class StateExchange(Stream stream, bool restores)
{
    /// <summary>A whole number.</summary>
    /// <param name="value">Of at least <paramref name="minimum"/> and at most <paramref name="maximum"/>.</param>
    /// <param name="minimum">The smallest that may be read.</param>
    /// <param name="maximum">The largest that may be read.</param>
    /// <exception cref="InvalidDataException">What is read lies outside.</exception>
    public void Exchange(ref int value, int minimum = 0, int maximum = int.MaxValue)
    {
        Exchange(MemoryMarshal.AsBytes(new Span<int>(ref value)));
        if (restores && (value < minimum || value > maximum))
            throw new InvalidDataException($"A checkpoint's count must be between {minimum} and {maximum}; got {value}. The file is damaged.");
    }

    /// <summary>Yes or no.</summary>
    public void Exchange(ref bool value)
    {
        int number = value ? 1 : 0;
        Exchange(ref number, 0, 1);
        value = number == 1;
    }

    /// <summary>A number, finite.</summary>
    /// <exception cref="InvalidDataException">What is read is not.</exception>
    public void Exchange(ref double value) => Exchange(new Span<double>(ref value));

    /// <summary>Numbers, finite; they are overwritten where they stand.</summary>
    /// <exception cref="InvalidDataException">What is read is not.</exception>
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

    /// <summary>A tensor's values, which are overwritten where they stand.</summary>
    /// <param name="values">Float, contiguous.</param>
    /// <exception cref="InvalidDataException">What is read is not finite.</exception>
    public void Exchange(Tensor values)
    {
        using var scope = NewDisposeScope();
        Tensor here = values.cpu(); // the same memory, where it is the processor's
        Exchange(MemoryMarshal.Cast<byte, float>(here.bytes));
        if (restores && values.device.type != DeviceType.CPU)
            values.copy_(here);
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
