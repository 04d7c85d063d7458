using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Graphs;

namespace MetaML.Data;

/// <summary>Brings drawings to a common form: paper is 0, the strongest ink is about 1, and the ink has the same mean and spread of its position in all images.</summary>
/// <remarks>
/// Thus the result does not depend on which of ink and paper is brighter, on the range of pixel values, or on the size and position of the
/// drawing in the image. Ink is the minority: the mean of an image is nearer to paper. The centre of mass of the ink becomes the centre of
/// the image, and the larger of its two standard deviations a given share of the side (moment normalisation; Casey, Moment normalization of handprinted characters, 1970). Unlike the box around the
/// ink, both hardly depend on a single stroke. The proportions of a drawing are
/// kept. Values between pixels are interpolated linearly, and outside the image there is paper. An image of one value becomes 0.
/// </remarks>
/// <param name="Channels">Number of values of a pixel. All channels have one range.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
/// <param name="IsInterleaved">Whether the values of a pixel are adjacent. Otherwise each channel is a separate plane.</param>
/// <param name="InkSpread">The larger standard deviation of the position of ink in the result, as a share of the side.</param>
internal sealed record DrawingNormalization(int Channels, int Height, int Width, bool IsInterleaved, double InkSpread)
{
    private const float Ink = 0.5f; // a larger mean is that of swapped ink and paper
    private const float PixelVariance = 1f / 12; // of the position within a pixel

    private const float Paper = 0.1f; // smaller values are paper
    private const double ShareOfPaper = 0.5; // a collection with less is not one of drawings
    private const int MostImages = 1000;

    private float Deviations => (float)(1 / InkSpread); // the length of a side of the result, in standard deviations of the position of ink

    /// <summary>Whether images are drawings: on average, at least half of the values of an image are nearly that of its paper.</summary>
    /// <param name="images">At least one row. A thousand of them are examined.</param>
    public static bool Fits(FeatureStore images)
    {
        var image = new float[images.FeatureCount];
        int count = Math.Min(images.RowCount, MostImages);
        double share = 0;
        for (int i = 0; i < count; i++)
        {
            images.CopyRow((int)((long)i * images.RowCount / count), image);
            if (ToInk(image))
                share += (double)image.Count(value => value < Paper) / image.Length / count;
        }

        return share >= ShareOfPaper;
    }

    /// <summary>Normalises an image in place, without libtorch.</summary>
    /// <param name="image">Channels · height · width values.</param>
    public void Apply(Span<float> image)
    {
        if (!ToInk(image))
            return;

        var rows = new float[Height];
        var columns = new float[Width];
        for (int v = 0; v < Height; v++)
        {
            for (int u = 0; u < Width; u++)
            {
                for (int c = 0; c < Channels; c++)
                {
                    float ink = Math.Max(0, image[Index(c, v, u)] - Paper);
                    rows[v] += ink;
                    columns[u] += ink;
                }
            }
        }

        var (y, down) = Moments(rows);
        var (x, across) = Moments(columns);
        float step = Math.Max(across * (Deviations / Width), down * (Deviations / Height));
        float[] ofRows = Shares(y, step, Height), ofColumns = Shares(x, step, Width), between = ArrayPool<float>.Shared.Rent(Height * Width);
        for (int c = 0; c < Channels; c++)
        {
            for (int v = 0; v < Height; v++)
            {
                for (int u = 0; u < Width; u++)
                {
                    float sum = 0;
                    for (int i = 0; i < Width; i++)
                        sum += ofColumns[u * Width + i] * image[Index(c, v, i)];
                    between[v * Width + u] = sum;
                }
            }

            for (int v = 0; v < Height; v++)
            {
                for (int u = 0; u < Width; u++)
                {
                    float sum = 0;
                    for (int i = 0; i < Height; i++)
                        sum += ofRows[v * Height + i] * between[i * Width + u];
                    image[Index(c, v, u)] = sum;
                }
            }
        }

        ArrayPool<float>.Shared.Return(between);
    }

    /// <summary>Normalises images in a graph of operators.</summary>
    /// <param name="images">[rows, features].</param>
    /// <returns>[rows, features].</returns>
    public GraphTensor Apply(GraphTensor images)
    {
        OperatorGraph graph = images.Graph;
        GraphTensor One(float value) => graph.Constant(value);
        GraphTensor Reduce(string operation, GraphTensor tensor, params long[] axes) => graph.Apply(operation, [tensor], ("axes", axes), ("keepdims", 1L));
        GraphTensor smallest = Reduce("ReduceMin", images, 1), range = Reduce("ReduceMax", images, 1) - smallest;
        GraphTensor values = range.Apply("Greater", One(0)).Apply("Where", (images - smallest) / range, One(0));
        values = Reduce("ReduceMean", values, 1).Apply("Greater", One(Ink)).Apply("Where", One(1) - values, values);
        GraphTensor planes = IsInterleaved ? values.Reshape(-1, Height, Width, Channels).Transpose(0, 3, 1, 2) : values.Reshape(-1, Channels, Height, Width);

        // [rows, 1] each. An image without ink has neither; its result is 0 in any case.
        (GraphTensor Mean, GraphTensor Deviation) MomentsOf(long otherSide, int length)
        {
            GraphTensor ink = Reduce("ReduceSum", (planes - One(Paper)).Apply("Relu"), 1, otherSide).Reshape(-1, length), positions = graph.Constant(Centres(length), length);
            ink /= ink.Sum().Apply("Max", One(float.Epsilon * (1 << 23))); // the smallest normal number
            GraphTensor mean = (ink * positions).Sum(), distances = positions - mean;
            return (mean, ((ink * distances * distances).Sum() + PixelVariance).Apply("Sqrt"));
        }

        var (x, across) = MomentsOf(2, Width);
        var (y, down) = MomentsOf(3, Height);
        GraphTensor step = (across * (Deviations / Width)).Apply("Max", down * (Deviations / Height));
        GraphTensor width = step.Apply("Max", One(1)).Reshape(-1, 1, 1);

        // [rows, 1, length, length]: the share of each pixel in each pixel of the result.
        GraphTensor SharesOf(GraphTensor mean, int length)
        {
            GraphTensor positions = mean + graph.Constant(Centres(length).Select(centre => centre - length / 2f), length) * step;
            GraphTensor distances = (positions.Reshape(-1, length, 1) - graph.Constant(Centres(length), length)) / width;
            return ((One(1) - distances.Apply("Abs")).Apply("Relu") / width).Reshape(-1, 1, length, length);
        }

        GraphTensor result = SharesOf(y, Height).MatMul(planes.MatMul(SharesOf(x, Width).Transpose(0, 1, 3, 2)));
        return (IsInterleaved ? result.Transpose(0, 2, 3, 1) : result).Reshape(-1, Channels * Height * Width);
    }

    // The values from 0 for paper to 1 for ink; false if they are not finite or all equal, so that nothing is to be cropped.
    private static bool ToInk(Span<float> image)
    {
        float smallest = TensorPrimitives.Min<float>(image), range = TensorPrimitives.Max<float>(image) - smallest;
        if (!float.IsFinite(range))
            return false;
        if (range == 0)
        {
            image.Clear();
            return false;
        }

        TensorPrimitives.Subtract(image, smallest, image);
        TensorPrimitives.Divide(image, range, image);
        if (TensorPrimitives.Sum<float>(image) / image.Length > Ink)
            TensorPrimitives.Subtract(1f, image, image);
        return true;
    }

    // The positions of the centres of pixels along one side.
    private static IEnumerable<float> Centres(int length) => Enumerable.Range(0, length).Select(i => i + 0.5f);

    // The mean and the standard deviation of the position of ink along one side. A pixel is spread over its extent.
    private static (float Mean, float Deviation) Moments(ReadOnlySpan<float> ink)
    {
        float total = TensorPrimitives.Sum(ink), mean = 0, variance = PixelVariance;
        for (int i = 0; i < ink.Length; i++)
            mean += ink[i] / total * (i + 0.5f);
        for (int i = 0; i < ink.Length; i++)
            variance += ink[i] / total * (i + 0.5f - mean) * (i + 0.5f - mean);
        return (mean, MathF.Sqrt(variance));
    }

    // [length, length]: the share of each pixel in each pixel of the result. Their centres are at step · distance from the mean. A pixel of the
    // result is interpolated between two, or averages more if the image is made smaller.
    private static float[] Shares(float mean, float step, int length)
    {
        var shares = new float[length * length];
        float width = Math.Max(step, 1);
        for (int i = 0; i < shares.Length; i++)
        {
            float distance = mean + (i / length + 0.5f - length / 2f) * step - (i % length + 0.5f);
            shares[i] = Math.Max(0, 1 - Math.Abs(distance / width)) / width;
        }

        return shares;
    }

    private int Index(int channel, int v, int u) => IsInterleaved ? (v * Width + u) * Channels + channel : (channel * Height + v) * Width + u;
}
