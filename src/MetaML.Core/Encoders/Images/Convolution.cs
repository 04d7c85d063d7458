using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Encoders.Images;

/// <summary>The steps of a convolutional block in managed code. Images are [height, width, channels], row-major.</summary>
internal static class Convolution
{
    private const int Side = 3;

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

    /// <summary>Filters an image. The 3×3 pixels about each pixel are copied to one row, which is multiplied by <see cref="AffineKernel"/>.</summary>
    /// <param name="padded">The image with its border.</param>
    /// <param name="shape">The shape of the image without the border.</param>
    /// <param name="weights">[3, 3, channels, filters].</param>
    /// <param name="bias">[filters].</param>
    /// <param name="output">Receives [height, width, filters].</param>
    public static void Apply(ReadOnlySpan<float> padded, ImageShape shape, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<float> output)
    {
        int taps = Side * shape.Channels, paddedRow = (shape.Width + 2) * shape.Channels, line = shape.Width * bias.Length;
        float[] buffer = ArrayPool<float>.Shared.Rent(shape.Width * Side * taps);
        Span<float> windows = buffer.AsSpan(0, shape.Width * Side * taps);
        for (int h = 0; h < shape.Height; h++)
        {
            for (int offset = 0; offset < windows.Length; offset += taps)
            {
                int w = offset / (Side * taps), i = offset / taps % Side;
                padded.Slice((h + i) * paddedRow + w * shape.Channels, taps).CopyTo(windows[offset..]);
            }

            AffineKernel.Apply(windows, weights, bias, rectifies: false, output.Slice(h * line, line));
        }

        ArrayPool<float>.Shared.Return(buffer);
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

    /// <summary>Replaces each 2×2 values by the largest, in place. An odd last row or column is ignored.</summary>
    /// <returns>[height / 2, width / 2, filters].</returns>
    public static Span<float> Pool(Span<float> image, int height, int width, int filters)
    {
        int rows = height / 2, columns = width / 2;
        for (int h = 0; h < rows; h++)
        {
            for (int w = 0; w < columns; w++)
            {
                ReadOnlySpan<float> Pixel(Span<float> values, int y, int x) => values.Slice((y * width + x) * filters, filters);
                Span<float> largest = image.Slice((h * columns + w) * filters, filters);
                TensorPrimitives.Max(Pixel(image, 2 * h, 2 * w), Pixel(image, 2 * h, 2 * w + 1), largest); // writes only values that were already read
                TensorPrimitives.Max(largest, Pixel(image, 2 * h + 1, 2 * w), largest);
                TensorPrimitives.Max(largest, Pixel(image, 2 * h + 1, 2 * w + 1), largest);
            }
        }

        return image[..(rows * columns * filters)];
    }
}
