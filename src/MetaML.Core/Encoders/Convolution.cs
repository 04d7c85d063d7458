using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaML.Encoders;

/// <summary>The steps of a convolutional block in managed code. Images are [height, width, channels], row-major.</summary>
internal static class Convolution
{
    private const int Side = 3;
    private const int Positions = 4; // computed together, so that each filter value is loaded once for all of them

    /// <summary>Number of values of an image with a border of one pixel.</summary>
    public static int PaddedCount(ImageShape image) => checked((image.Height + 2) * (image.Width + 2) * image.Channels);

    /// <summary>Puts a border of zeros around an image.</summary>
    public static void Pad(ReadOnlySpan<float> image, ImageShape shape, Span<float> padded)
    {
        padded[..PaddedCount(shape)].Clear();
        int row = shape.Width * shape.Channels, paddedRow = (shape.Width + 2) * shape.Channels;
        for (int h = 0; h < shape.Height; h++)
            image.Slice(h * row, row).CopyTo(padded[((h + 1) * paddedRow + shape.Channels)..]);
    }

    /// <summary>Filters an image.</summary>
    /// <param name="padded">The image with its border.</param>
    /// <param name="shape">Of the image without the border.</param>
    /// <param name="weights">[3, 3, channels, filters].</param>
    /// <param name="bias">[filters].</param>
    /// <param name="output">Receives [height, width, filters].</param>
    public static void Apply(ReadOnlySpan<float> padded, ImageShape shape, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> output)
    {
        int filters = bias.Length, paddedRow = (shape.Width + 2) * shape.Channels;
        for (int h = 0; h < shape.Height; h++)
        {
            ReadOnlySpan<float> window = padded.Slice(h * paddedRow, Side * paddedRow);
            Span<float> row = output.Slice(h * shape.Width * filters, shape.Width * filters);
            int w = 0;
            for (; w + Positions <= shape.Width; w += Positions)
                ApplyFour(window[(w * shape.Channels)..], paddedRow, shape.Channels, weights, bias, row[(w * filters)..]);
            for (; w < shape.Width; w++)
                ApplyOne(window[(w * shape.Channels)..], paddedRow, shape.Channels, weights, bias, row.Slice(w * filters, filters));
        }
    }

    /// <summary>Subtracts the mean and divides by the standard deviation of each group of filters, then scales and shifts each filter.</summary>
    public static void Normalize(Span<float> image, int filters, int groups, float epsilon, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift)
    {
        int size = filters / groups, pixels = image.Length / filters;
        for (int g = 0; g < groups; g++)
        {
            double sum = 0, squares = 0;
            for (int i = 0; i < pixels; i++)
                sum += TensorPrimitives.Sum<float>(image.Slice(i * filters + g * size, size));
            float mean = (float)(sum / (pixels * size));
            for (int i = 0; i < pixels; i++)
            {
                Span<float> values = image.Slice(i * filters + g * size, size);
                TensorPrimitives.Subtract(values, mean, values);
                squares += TensorPrimitives.SumOfSquares<float>(values);
            }

            float factor = (float)(1 / Math.Sqrt(squares / (pixels * size) + epsilon));
            for (int i = 0; i < pixels; i++)
            {
                Span<float> values = image.Slice(i * filters + g * size, size);
                TensorPrimitives.Multiply(values, factor, values);
                TensorPrimitives.MultiplyAdd(values, gain.Slice(g * size, size), shift.Slice(g * size, size), values);
            }
        }
    }

    /// <summary>The largest of each 2×2 values, in place; an odd last row or column is left out.</summary>
    /// <returns>[height / 2, width / 2, filters].</returns>
    public static Span<float> Pool(Span<float> image, int height, int width, int filters)
    {
        int rows = height / 2, columns = width / 2;
        for (int h = 0; h < rows; h++)
        {
            for (int w = 0; w < columns; w++)
            {
                ReadOnlySpan<float> At(Span<float> values, int y, int x) => values.Slice((y * width + x) * filters, filters);
                Span<float> largest = image.Slice((h * columns + w) * filters, filters);
                TensorPrimitives.Max(At(image, 2 * h, 2 * w), At(image, 2 * h, 2 * w + 1), largest); // never ahead of what is still to be read
                TensorPrimitives.Max(largest, At(image, 2 * h + 1, 2 * w), largest);
                TensorPrimitives.Max(largest, At(image, 2 * h + 1, 2 * w + 1), largest);
            }
        }

        return image[..(rows * columns * filters)];
    }

    private static void ApplyFour(ReadOnlySpan<float> window, int paddedRow, int channels, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> output)
    {
        int filters = bias.Length, taps = Side * channels, f = 0;
        for (; f + 2 * Vector<float>.Count <= filters; f += 2 * Vector<float>.Count)
        {
            var first = new Vector<float>(bias[f..]);
            var second = new Vector<float>(bias[(f + Vector<float>.Count)..]);
            Vector<float> a0 = first, a1 = first, a2 = first, a3 = first, b0 = second, b1 = second, b2 = second, b3 = second;
            for (int i = 0; i < Side; i++)
            {
                ref float input = ref MemoryMarshal.GetReference(window.Slice(i * paddedRow, taps + 3 * channels));
                ref float weight = ref MemoryMarshal.GetReference(weights.Slice(i * taps * filters, taps * filters));
                for (int k = 0; k < taps; k++)
                {
                    nuint at = (nuint)(k * filters + f);
                    Vector<float> u = Vector.LoadUnsafe(ref weight, at), v = Vector.LoadUnsafe(ref weight, at + (nuint)Vector<float>.Count);
                    var x0 = new Vector<float>(Unsafe.Add(ref input, k));
                    var x1 = new Vector<float>(Unsafe.Add(ref input, k + channels));
                    var x2 = new Vector<float>(Unsafe.Add(ref input, k + 2 * channels));
                    var x3 = new Vector<float>(Unsafe.Add(ref input, k + 3 * channels));
                    a0 = Vector.MultiplyAddEstimate(x0, u, a0);
                    b0 = Vector.MultiplyAddEstimate(x0, v, b0);
                    a1 = Vector.MultiplyAddEstimate(x1, u, a1);
                    b1 = Vector.MultiplyAddEstimate(x1, v, b1);
                    a2 = Vector.MultiplyAddEstimate(x2, u, a2);
                    b2 = Vector.MultiplyAddEstimate(x2, v, b2);
                    a3 = Vector.MultiplyAddEstimate(x3, u, a3);
                    b3 = Vector.MultiplyAddEstimate(x3, v, b3);
                }
            }

            Store(output[f..], a0, b0);
            Store(output[(filters + f)..], a1, b1);
            Store(output[(2 * filters + f)..], a2, b2);
            Store(output[(3 * filters + f)..], a3, b3);
        }

        for (int p = 0; p < Positions && f < filters; p++)
            ApplyOne(window[(p * channels)..], paddedRow, channels, weights, bias, output.Slice(p * filters, filters), f);
    }

    private static void Store(Span<float> output, Vector<float> first, Vector<float> second)
    {
        first.CopyTo(output);
        second.CopyTo(output[Vector<float>.Count..]);
    }

    // The filters from the given one on, at one position.
    private static void ApplyOne(ReadOnlySpan<float> window, int paddedRow, int channels, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> output, int from = 0)
    {
        int filters = bias.Length, taps = Side * channels;
        Span<float> sums = output[from..];
        bias[from..].CopyTo(sums);
        for (int i = 0; i < Side; i++)
        {
            for (int k = 0; k < taps; k++)
                TensorPrimitives.MultiplyAdd(weights.Slice((i * taps + k) * filters + from, sums.Length), window[i * paddedRow + k], sums, sums);
        }
    }
}
